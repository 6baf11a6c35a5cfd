#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "check.h"
#include "ostinato/cpu.h"

using ostinato::Level;

// level() is chosen once a process: every word is tried in a child, which says what it got or was told.
static std::string level_for(const char* word) {
    int ends[2];
    CHECK(pipe(ends) == 0);
    std::fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        word != nullptr ? setenv("OSTINATO_CPU", word, 1) : unsetenv("OSTINATO_CPU");
        std::string said;
        try {
            said = ostinato::name(ostinato::level());
        } catch (const std::invalid_argument& error) {
            said = error.what();
        }
        _exit(write(ends[1], said.data(), said.size()) != static_cast<ssize_t>(said.size()));
    }
    close(ends[1]);
    char answer[500];
    const ssize_t size = read(ends[0], answer, sizeof answer);
    close(ends[0]);
    waitpid(child, nullptr, 0);
    return std::string(answer, size > 0 ? size : 0);
}

TEST(the_portable_level_runs_everywhere_and_levels_ascend) {
    const std::vector<Level> levels = ostinato::runnable_levels();
    CHECK(levels.front() == Level::portable);
    CHECK(std::is_sorted(levels.begin(), levels.end()));
}

TEST(the_best_level_is_chosen_where_nothing_is_forced) {
    const std::string best(ostinato::name(ostinato::runnable_levels().back()));
    CHECK(level_for(nullptr) == best);
    CHECK(level_for("") == best);
}

TEST(every_runnable_level_can_be_forced) {
    for (Level level : ostinato::runnable_levels()) {
        const std::string word(ostinato::name(level));
        CHECK(level_for(word.c_str()) == word);
    }
}

TEST(a_word_that_names_no_level_is_an_error_that_lists_them) {
    const std::string said = level_for("sse9");
    CHECK(said.starts_with("OSTINATO_CPU is 'sse9'; choose one of portable"));
}

TEST(a_level_that_the_processor_lacks_is_an_error_of_its_own) {
    for (Level level : {Level::avx2, Level::avx512}) {
        const std::vector<Level> here = ostinato::runnable_levels();
        if (std::find(here.begin(), here.end(), level) != here.end()) continue;
        const std::string word(ostinato::name(level));
        CHECK(level_for(word.c_str()).starts_with("OSTINATO_CPU is '" + word + "', which cannot run on this"));
    }
}
