#include "validators/judged.hpp"

using namespace stravinsky;
using test::judged;
using test::Lines;

TEST_CASE("validators: servers in use have no findings") {
  CHECK(judged(".mcp.json", R"({"mcpServers": {
    "files": {"command": "npx", "args": ["-y", "x"], "env": {"TOKEN": "${TOKEN:-}"}},
    "web_2": {"type": "http", "url": "https://x", "headers": {"A": "b"}, "timeout": 5000},
    "old": {"type": "stdio", "command": "x"}}})") == Lines{});
}

TEST_CASE("validators: what makes a server be passed over is found") {
  const auto server = [](const std::string& body) {
    const Lines found = judged(".mcp.json", R"({"mcpServers": {"s": )" + body + "}}");
    return found.empty() ? std::string() : found.front().substr(found.front().find(": ") + 2);
  };
  CHECK(server(R"({"url": "x"})") == "the server 's' has 'url' and no 'type': it is not started");
  CHECK(server("{}") == "the server 's' has no 'command'");
  CHECK(server(R"({"command": ""})") == "'command' of the server 's' is empty");
  CHECK(server(R"({"command": "x", "args": "y"})") ==
        "the server 's': 'args' is a string, not an array of strings");
  CHECK(server(R"({"command": "x", "env": {"A": 1}})") ==
        "the server 's': 'A' in 'env' is a whole number, not a string");
  CHECK(server(R"({"type": "tcp"})") == "the server 's' is of an unknown type 'tcp'");
  CHECK(server(R"({"type": "sse"})") == "the server 's' has no 'url'");
  CHECK(server(R"({"command": "x", "timeout": 10})") ==
        "a timeout below 1000 milliseconds is ignored");
  CHECK(server("5") == "the server 's': is a whole number, not an object");
}

TEST_CASE("validators: names of servers and the key around them are checked") {
  CHECK(judged(".mcp.json",
               R"({"mcpServers": {"workspace": {"command": "x"}, "a b": {"command": "x"}}})") ==
        Lines{"error 1:17: the name 'workspace' is taken by the program itself",
              "error 1:48: 'a b' is no name of a server: letters, digits, '_', '-'"});
  CHECK(judged(".mcp.json", R"({"servers": {}})") ==
        Lines{"error 1:13: 'servers' is of another program: write 'mcpServers'"});
  CHECK(judged(".mcp.json", "{}") == Lines{"error 1:1: no 'mcpServers'"});
}

TEST_CASE("validators: a server lost against the previous version is named") {
  CHECK(judged(".mcp.json", R"({"mcpServers": {}})", {},
               R"({"mcpServers": {"mine": {"command": "x"}}})") ==
        Lines{"warning 1:16: the server 'mine' was there before and is gone"});
}
