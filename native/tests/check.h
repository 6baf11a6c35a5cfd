// What a test program needs: TEST, CHECK, CHECK_THROWS and, as each includes this once, main().
#pragma once

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include "ostinato/cpu.h"

namespace check {

struct Test {
    const char* name;
    void (*run)();
};

inline std::vector<Test> tests;

struct Registered {
    Registered(const char* name, void (*run)()) { tests.push_back({name, run}); }
};

struct Failure : std::runtime_error {
    Failure(const char* file, int line, const std::string& what)
        : std::runtime_error(std::string(file) + ":" + std::to_string(line) + ": " + what) {}
};

inline bool passes(const Test& test) {
    try {
        test.run();
    } catch (const std::exception& error) {
        std::printf("FAILED %s: %s\n", test.name, error.what());
        return false;
    }
    std::printf("passed %s\n", test.name);
    return true;
}

// Whether the level that the caller forces, if any, can run on this processor.
inline bool level_runs_here() {
    const char* forced = std::getenv("OSTINATO_CPU");
    if (forced == nullptr) return true;
    for (ostinato::Level level : ostinato::runnable_levels())
        if (ostinato::name(level) == forced) return true;
    return false;
}

}  // namespace check

#define TEST(name)                                               \
    static void name();                                          \
    static const check::Registered registered_##name(#name, name); \
    static void name()

#define CHECK(condition) \
    if (!(condition)) throw check::Failure(__FILE__, __LINE__, #condition)

// `message` is a string that the error's message must contain.
#define CHECK_THROWS(expression, type, message)                                               \
    do {                                                                                      \
        bool thrown = false;                                                                  \
        try {                                                                                 \
            static_cast<void>(expression);                                                    \
        } catch (const type& error) {                                                         \
            thrown = true;                                                                    \
            if (std::string(error.what()).find(message) == std::string::npos)                 \
                throw check::Failure(__FILE__, __LINE__, std::string("said: ") + error.what()); \
        }                                                                                     \
        if (!thrown) throw check::Failure(__FILE__, __LINE__, #expression " threw no " #type); \
    } while (false)

// Exit code 77: skipped.
int main() {
    if (!check::level_runs_here()) {
        std::printf("skipped: this processor cannot run OSTINATO_CPU=%s\n", std::getenv("OSTINATO_CPU"));
        return 77;
    }
    std::size_t passed = 0;
    for (const check::Test& test : check::tests) passed += check::passes(test);
    std::printf("%zu passed, %zu failed\n", passed, check::tests.size() - passed);
    return passed == check::tests.size() && passed > 0 ? 0 : 1;
}
