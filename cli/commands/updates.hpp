#pragma once

namespace CLI {
class App;
}

namespace stravinsky::cli {

class Session;

void add_update(CLI::App& app, Session& session);
void add_mark_good(CLI::App& app, Session& session);

}  // namespace stravinsky::cli
