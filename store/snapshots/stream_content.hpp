#pragma once

#include "scan/scan.hpp"

namespace stravinsky {

/// Puts a stream as the one file of a made-up top directory.
/// @param time             for the file: when the stream was taken
/// @param chunk_threshold  bytes; a longer stream is put in pieces
/// @throws Error Invalid (a name that no directory can hold), Io (the stream, or `ended_well` says
/// no),
///               Cancelled
ScanResult store_stream(const StreamSource& source, ScanSink& sink, Timestamp time,
                        std::uint64_t chunk_threshold, Progress& progress);

}  // namespace stravinsky
