// The tests of threads again, in a process that has loaded an OpenMP runtime as torch does.
#include <dlfcn.h>

static void* const openmp = dlopen("libgomp.so.1", RTLD_NOW | RTLD_GLOBAL);

#include "test_threads.cc"

TEST(an_openmp_runtime_runs_the_regions) {
    if (openmp == nullptr) return;
    const auto in_parallel = reinterpret_cast<int (*)()>(dlsym(openmp, "omp_in_parallel"));
    struct Question {
        int (*in_parallel)();
        std::atomic<int> answers{0};
    } question{in_parallel};
    ostinato::parallel(
        2,
        [](void* data, int, int) {
            Question& question = *static_cast<Question*>(data);
            question.answers += question.in_parallel();
        },
        &question);
    CHECK(question.answers == 2);
}
