// Which instruction set the kernels use.
#pragma once

#include <string_view>
#include <vector>

namespace ostinato {

// Ascending: every processor that runs a level runs those before it.
enum class Level { portable, avx2, avx512 };

// The level's name, as OSTINATO_CPU spells it.
std::string_view name(Level level);

// The levels that this build holds and this processor, under this operating system, can run, ascending.
std::vector<Level> runnable_levels();

// The level in use, chosen once: the best there is, or the one that the environment variable OSTINATO_CPU names.
// Throws std::invalid_argument, in one sentence, where it names none or one that cannot run here.
Level level();

}  // namespace ostinato
