#include "validators/interpreters.hpp"

#include <signal.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "process/run_process.hpp"
#include "support/error_of.hpp"
#include "support/temp_dir.hpp"
#include "validators/judged.hpp"

using namespace stravinsky;
using hooks::FileKind;
using test::Lines;

namespace {

hooks::Interpreters found() { return hooks::find_interpreters("/usr/local/bin:/usr/bin:/bin"); }

/// The findings of one script, `well` when there are none.
Lines asked(const std::string& path, std::string_view content,
            const hooks::Interpreters& interpreters = found()) {
  const std::vector<hooks::Script> scripts = {
      {path, hooks::kind_of(path, content, true), content, 0}};
  const auto answers = ask_interpreters(scripts, interpreters);
  return answers.empty() ? Lines{} : test::lines_of(answers.front().second);
}

}  // namespace

TEST_CASE("validators: bash finds what is no shell, and runs nothing") {
  test::TempDir dir;
  const std::string mark = dir / "mark";
  CHECK(asked("a.sh", "touch '" + mark + "'\n$(touch '" + mark + "')\n") == Lines{});
  CHECK(access(mark.c_str(), F_OK) != 0);
  CHECK(asked("a.sh", "if true; then\n  echo x\nfi fi\n") ==
        Lines{"error 3:0: syntax error near unexpected token `fi'"});
  CHECK(asked("a.sh", "echo \"open\n").front().starts_with("error "));
}

TEST_CASE("validators: Python finds what is no Python, all in one process, and runs nothing") {
  test::TempDir dir;
  const std::string mark = dir / "mark";
  CHECK(asked("a.py", "import no_such_module\nopen('" + mark + "', 'w')\n") == Lines{});
  CHECK(access(mark.c_str(), F_OK) != 0);
  CHECK(asked("a.py", "x = 1\ndef f(:\n  pass\n") == Lines{"error 2:7: invalid syntax"});
  CHECK(asked("a.py", std::string("a\0b", 3)).size() == 1);
  CHECK(asked("a.py", "# coding: no-such\n").size() == 1);
  // A tree too deep for the parser is an answer like any other; the next script has its own.
  const std::string deep(100'000, '(');
  const std::vector<hooks::Script> scripts = {{"a.py", FileKind::Python, deep, 7},
                                              {"b.py", FileKind::Python, "x = 1\n", 8},
                                              {"c.py", FileKind::Python, "x = \n", 9}};
  const auto answers = ask_interpreters(scripts, found());
  REQUIRE(answers.size() == 2);
  CHECK(answers[0].first == 7);
  CHECK(answers[1].first == 9);
}

TEST_CASE("validators: node finds what is no JavaScript, as a module or as none") {
  if (found().node.empty()) {
    MESSAGE("no node here");
    return;
  }
  CHECK(asked("a.js", "return 5\n") == Lines{});
  CHECK(asked("a.js", "import x from 'y';\nexport const b = await x;\n") == Lines{});
  CHECK(asked("a.js", "const a = ;\n") == Lines{"error 1:11: Unexpected token ';'"});
  CHECK(asked("a.mjs", "export const b = ((;\n").size() == 1);
  CHECK(asked("a.cjs", "export const b = 1;\n").size() == 1);
}

TEST_CASE("validators: without an interpreter a script is not checked, which is not valid") {
  const hooks::Interpreters none;
  CHECK(asked("a.sh", "fi", none) == Lines{"not_checked 0:0: not checked: there is no bash"});
  CHECK(asked("a.py", "(", none) == Lines{"not_checked 0:0: not checked: there is no python3"});
  CHECK(asked("a.js", "(", none) == Lines{"not_checked 0:0: not checked: there is no node"});
  hooks::Interpreters gone;
  gone.bash = gone.python = "/no/such/program";
  CHECK(asked("a.sh", "fi", gone)
            .front()
            .starts_with("not_checked 0:0: not checked: bash: it could"));
  CHECK(asked("a.py", "(", gone).front().starts_with("not_checked"));
}

TEST_CASE("validators: an interpreter that hangs or dies is a finding about the script it was at") {
  test::TempDir dir;
  const auto program = [&](const std::string& name, const std::string& body) {
    test::write_file(dir / name, "#!/bin/sh\n" + body);
    chmod((dir / name).c_str(), 0755);
    return dir / name;
  };
  hooks::Interpreters odd = found();
  odd.bash = program("dies", "kill -9 $$\n");
  CHECK(asked("a.sh", "x", odd) ==
        Lines{"error 0:0: bash could not read it: it was ended by signal 9"});
  odd.timeout = std::chrono::milliseconds(50);
  odd.bash = program("hangs", "exec sleep 1000\n");
  CHECK(asked("a.sh", "x", odd) ==
        Lines{"error 0:0: bash could not read it: it did not end within 0.05 s"});
}

TEST_CASE("validators: a sound script is not blamed for the company it is read in") {
  test::TempDir dir;
  // Answers for the first script, and hangs when there is another.
  test::write_file(dir / "slow",
                   "#!/bin/sh\nhead -n 2 > /dev/null\necho null\n"
                   "[ -z \"$(cat)\" ] || exec sleep 1000\n");
  chmod((dir / "slow").c_str(), 0755);
  hooks::Interpreters odd;
  odd.python = dir / "slow";
  odd.timeout = std::chrono::milliseconds(1000);
  const std::vector<hooks::Script> scripts = {{"a.py", FileKind::Python, "x = 1\n", 0},
                                              {"b.py", FileKind::Python, "x = 2\n", 1},
                                              {"c.py", FileKind::Python, "x = 3\n", 2}};
  CHECK(ask_interpreters(scripts, odd).empty());

  // One that hangs alone too is at fault, and the ones around it are not.
  test::write_file(dir / "picky",
                   "#!/bin/sh\nwhile read -r size; do\n  read -r line\n"
                   "  [ \"$line\" != 'x = 2' ] || exec sleep 1000\n  echo null\ndone\n");
  chmod((dir / "picky").c_str(), 0755);
  odd.python = dir / "picky";
  const auto answers = ask_interpreters(scripts, odd);
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].first == 1);
  CHECK(test::lines_of(answers[0].second) ==
        Lines{"error 0:0: python could not read it: it did not end within 1 s"});
}

TEST_CASE("validators: several scripts are read at a time, each with its own findings") {
  std::vector<std::string> texts;
  std::vector<hooks::Script> scripts;
  for (int i = 0; i < 40; ++i) texts.push_back(i % 3 == 0 ? "fi\n" : "echo\n");
  for (std::size_t i = 0; i < texts.size(); ++i) {
    scripts.push_back({fmt::format("{}.sh", i), FileKind::Shell, texts[i], 100 + i});
  }
  const auto answers = ask_interpreters(scripts, found());
  REQUIRE(answers.size() == 14);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    CHECK(answers[i].first == 100 + 3 * i);
    CHECK(answers[i].second.front().file == fmt::format("{}.sh", 3 * i));
  }
  if (std::thread::hardware_concurrency() < 2) {
    MESSAGE("one processor");
    return;
  }
  // The first waits for the second to run.
  test::TempDir dir;
  test::write_file(dir / "meet",
                   fmt::format("#!/bin/sh\ncd '{}'\nif mkdir first 2> /dev/null; then "
                               "read -r x < pipe; else echo > pipe; fi\n",
                               dir.path()));
  test::output_of(fmt::format("chmod 755 '{0}/meet' && mkfifo '{0}/pipe'", dir.path()));
  hooks::Interpreters two;
  two.bash = dir / "meet";
  scripts.resize(2);
  CHECK(ask_interpreters(scripts, two).empty());
}

TEST_CASE("validators: an interrupt ends the asking, and is no answer") {
  for (const FileKind kind : {FileKind::Shell, FileKind::Python, FileKind::JavaScript}) {
    hooks::Interpreters stopped = found();
    if (stopped.node.empty()) stopped.node = "/bin/false";
    stopped.cancelled = [] { return true; };
    const std::vector<hooks::Script> scripts = {{"a", kind, "x", 0}, {"b", kind, "x", 1}};
    CHECK(test::error_of([&] { ask_interpreters(scripts, stopped); }) == Errc::Cancelled);
  }
}

TEST_CASE("validators: a carriage return hides an interpreter from the system, not from us") {
  using test::judged;
  CHECK(judged("hooks/a.sh", "#!/bin/bash\r\necho\r\n") ==
        Lines{"error 1:12: the '#!' line ends in a carriage return: the interpreter is not found"});
  CHECK(judged("hooks/a", "#!/usr/bin/env bash -x\n") ==
        Lines{"warning 1:3: env gets everything after its path as one word here: write 'env -S'"});
  CHECK(judged("hooks/a", "#!/usr/bin/env -S bash -x\n") == Lines{});
}

TEST_CASE("validators: a process leaves nothing behind, and its output has a limit") {
  hooks::ProcessOptions options;
  options.words = {"/bin/sh", "-c", "yes | head -c 1000000; exit 3"};
  options.output_limit = 1000;
  const hooks::ProcessResult result = run_process(options);
  CHECK(result.status == 3);
  CHECK(result.output.size() == 1000);
  CHECK(result.truncated);

  // A child of it that would hold its output open for ever.
  options.words = {"/bin/sh", "-c", "sleep 1000 & echo $!"};
  const hooks::ProcessResult parent = run_process(options);
  REQUIRE(parent.succeeded());
  const pid_t left = static_cast<pid_t>(std::stol(parent.output));
  const std::string state = "/proc/" + std::to_string(left) + "/stat";
  const auto is_over = [&] {
    std::ifstream stream(state);
    std::string line;
    return !std::getline(stream, line) || line.find(") Z") != std::string::npos;
  };
  // SIGKILL is on its way before the call returns; the kernel needs a moment.
  while (!is_over()) usleep(1000);
  CHECK(is_over());

  // Whoever forwards signals to its group is told that it has ended, while its number is its own.
  std::vector<pid_t> groups;
  options.on_group = [&groups](pid_t group) {
    groups.push_back(group);
    if (group == 0) CHECK(kill(groups.front(), 0) == 0);
  };
  options.words = {"/bin/sh", "-c", "echo $$"};
  const hooks::ProcessResult told = run_process(options);
  CHECK(groups == std::vector<pid_t>{static_cast<pid_t>(std::stol(told.output)), 0});
  options.on_group = {};

  options.words = {"/bin/cat"};
  options.input = "from memory";
  CHECK(run_process(options).output == "from memory");
  options.words = {"/no/such"};
  CHECK(run_process(options).end == hooks::ProcessResult::End::NotStarted);
}

TEST_CASE("validators: an end that the system does not tell of is no success") {
  hooks::ProcessOptions options;
  options.words = {"/bin/sh", "-c", "echo said"};
  const auto before = std::signal(SIGCHLD, SIG_IGN);
  const hooks::ProcessResult result = run_process(options);
  std::signal(SIGCHLD, before);
  CHECK(result.end == hooks::ProcessResult::End::Unknown);
  CHECK_FALSE(result.succeeded());
  CHECK(result.output == "said\n");
}

TEST_CASE("validators: a script is not blamed for an end that the system does not tell of") {
  const auto before = std::signal(SIGCHLD, SIG_IGN);
  const Lines shell = asked("a.sh", "echo\n"), python = asked("a.py", "x = 1\n");
  std::signal(SIGCHLD, before);
  const std::string why = "how it ended is not known, as SIGCHLD is ignored here";
  CHECK(shell == Lines{"not_checked 0:0: not checked: bash: " + why});
  CHECK(python == Lines{});  // it gave its answer before
}
