// As git calls gpg.ssh.program: `-Y sign -n git -f KEY FILE`, with `-U` where the key is only a
// public one; the signature comes as FILE.sig.
#include <fmt/format.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "core/text.hpp"
#include "fs/file.hpp"
#include "fs/rename.hpp"
#include "signing/key_parts.hpp"
#include "signing/verify.hpp"
#include "stravinsky/error.hpp"

extern char** environ;  // the program is the user's: it gets the user's variables

namespace stravinsky::signing {
namespace {

[[noreturn]] void refuse(const std::string& program, const std::string& why) {
  throw Error(Errc::Key, fmt::format("cannot sign with the program {}", quoted(program)), why,
              "see `signing.program` in config.json");
}

/// A private directory that goes with the object.
class Scratch {
 public:
  explicit Scratch(const std::string& temp_dir) : path_(temp_dir + "/stravinsky-sign-XXXXXX") {
    if (mkdtemp(path_.data()) == nullptr) {
      throw Error(Errc::Io, fmt::format("cannot make a directory in {}", quoted(temp_dir)),
                  std::generic_category().message(errno), "set TMPDIR to one that can be written");
    }
  }
  ~Scratch() {
    try {
      fs::remove_tree(path_);
    } catch (const Error&) {
      // Nothing secret is in it.
    }
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  std::string operator/(std::string_view name) const { return fmt::format("{}/{}", path_, name); }

 private:
  std::string path_;
};

/// Runs it to its end. What it prints goes to our standard error: it may ask for a passphrase.
void run(const std::string& program, std::vector<std::string> words) {
  std::vector<char*> arguments;
  std::string name = program;
  arguments.push_back(name.data());
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, 2, 1);
  pid_t child = 0;
  const int error =
      posix_spawnp(&child, program.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) refuse(program, std::generic_category().message(error));
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status)) refuse(program, fmt::format("signal {} ended it", WTERMSIG(status)));
  if (WEXITSTATUS(status) != 0) {
    refuse(program, fmt::format("it ended with {}", WEXITSTATUS(status)));
  }
}

class ProgramSigner final : public Signer {
 public:
  ProgramSigner(PublicKey key, const KeySource& source, std::string file)
      : key_(std::move(key)),
        program_(source.program),
        temp_dir_(source.temp_dir),
        file_(std::move(file)) {}

  std::string sign(std::string_view message) const override {
    const Scratch scratch(temp_dir_);
    const std::string buffer = scratch / "buffer";
    fs::write_new(buffer, as_bytes(message), false);
    std::vector<std::string> words = {"-Y", "sign", "-n", std::string(kNamespace), "-f"};
    if (file_.empty()) {
      const std::string public_file = scratch / "key.pub";
      fs::write_new(public_file, as_bytes(key_.line() + "\n"), false);
      words.insert(words.end(), {public_file, "-U", buffer});
    } else {
      words.insert(words.end(), {file_, buffer});
    }
    run(program_, std::move(words));
    std::string armour = fs::find_file(buffer + ".sig", 1 << 20).value_or("");
    if (armour.ends_with('\n')) armour.pop_back();
    try {
      if (verify_signature(message, armour) == key_) return armour;
    } catch (const Error& error) {
      refuse(program_, error.what());
    }
    refuse(program_, "it signed with another key");
  }

  std::string sign_bytes(std::string_view) const override {
    refuse(program_, "it makes SSH signatures only, and this needs a plain one");
  }

 private:
  PublicKey key_;
  std::string program_, temp_dir_, file_;
};

}  // namespace

SigningKey program_key(const PublicKey& key, const KeySource& source, const std::string& file) {
  auto parts = std::make_unique<SigningKey::Parts>();
  parts->public_key = key;
  parts->signer = std::make_unique<ProgramSigner>(key, source, file);
  return SigningKey(std::move(parts));
}

}  // namespace stravinsky::signing
