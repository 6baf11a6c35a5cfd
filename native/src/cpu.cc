#include "ostinato/cpu.h"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace ostinato {
namespace {

constexpr Level all_levels[] = {Level::portable, Level::avx2, Level::avx512};

// __builtin_cpu_supports also asks whether the operating system saves the registers, which the processor's own
// flags do not tell.
bool runs(Level level) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (level == Level::avx2) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (level == Level::avx512)
        return runs(Level::avx2) && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#endif
    return level == Level::portable;
}

std::string listed(const std::vector<Level>& levels) {
    std::string words;
    for (Level level : levels) words.append(words.empty() ? "" : ", ").append(name(level));
    return words;
}

Level named(const std::string& word) {
    const std::vector<Level> here = runnable_levels();
    for (Level level : here)
        if (name(level) == word) return level;
    const bool known = std::any_of(std::begin(all_levels), std::end(all_levels),
                                   [&](Level level) { return name(level) == word; });
    throw std::invalid_argument("OSTINATO_CPU is '" + word + "'" +
                                (known ? ", which cannot run on this processor" : "") + "; choose one of " +
                                listed(here) + ", or unset it.");
}

Level choose() {
    const char* word = std::getenv("OSTINATO_CPU");
    return word == nullptr || *word == '\0' ? runnable_levels().back() : named(word);
}

}  // namespace

std::string_view name(Level level) {
    switch (level) {
        case Level::avx512:
            return "avx512";
        case Level::avx2:
            return "avx2";
        case Level::portable:
            break;
    }
    return "portable";
}

std::vector<Level> runnable_levels() {
    std::vector<Level> found;
    std::copy_if(std::begin(all_levels), std::end(all_levels), std::back_inserter(found), runs);
    return found;
}

Level level() {
    static const Level chosen = choose();
    return chosen;
}

}  // namespace ostinato
