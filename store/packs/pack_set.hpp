#pragma once

#include <bitset>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "packs/open_packs.hpp"
#include "packs/pack_file.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {

/// What an objects directory held at one moment: its packs and which fan-out directories of loose
/// objects exist. Never changes; a newer one shares the packs that are still there.
class PackSet {
 public:
  /// A pack left out, with why.
  struct Damage {
    std::string file;
    Error error;
  };

  /// @param previous  an older set of the same directory, or null
  /// @throws Error Hostile for alternates or links; of the errno
  PackSet(const std::string& objects_dir, const PackSet* previous, OpenPacks& open);

  std::size_t size() const noexcept { return packs_.size(); }
  const PackFile& pack(std::size_t i) const noexcept { return *packs_[i].pack; }
  const std::vector<Damage>& damage() const noexcept { return damage_; }
  bool has_loose(const ObjectId& id) const { return fan_out_[id.data()[0]]; }
  bool has_fan_out(unsigned first_byte) const { return fan_out_[first_byte]; }
  /// Whether a newer set could differ: one of the directories has changed, or had changed so short
  /// a time before it was listed that a further change may not show in its time.
  bool is_stale() const;

 private:
  struct Stamp {
    bool exists = false;
    std::uint64_t device = 0, inode = 0;
    std::timespec mtime{}, ctime{};
  };
  struct Kept {
    std::string stem;
    Stamp stamp;  ///< of the index
    std::shared_ptr<const PackFile> pack;
  };
  static Stamp stamp_of(const std::string& path);
  static bool same(const Stamp& a, const Stamp& b);
  void read_objects_dir();
  void read_pack_dir(const PackSet* previous, OpenPacks& open);
  void add_pack(const std::string& stem, const PackSet* previous, OpenPacks& open);

  std::string objects_dir_, pack_dir_;
  Stamp objects_stamp_, pack_stamp_;
  bool settled_ = false;
  std::bitset<256> fan_out_;
  std::vector<Kept> packs_;  ///< sorted by stem
  std::vector<Damage> damage_;
};

}  // namespace stravinsky
