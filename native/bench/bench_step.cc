// Times single steps of one stream and of many, in C++: `ostinato_bench_step`, or with OSTINATO_CPU=… of one level.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "ostinato/cpu.h"
#include "ostinato/stack.h"

namespace {

using ostinato::Cell;
using ostinato::Precision;

constexpr const char* names[] = {"RNN", "RNN relu", "GRU", "LSTM"};
constexpr int repeats = 41;

// One layer's weights, uniform like torch.nn's.
struct Layer {
    std::vector<float> ih, hh, bias_ih, bias_hh;

    Layer(Cell cell, long input, long hidden) {
        const long rows = ostinato::gates_of(cell) * hidden;
        const float limit = 1.0f / std::sqrt(float(hidden));
        for (auto [numbers, count] : {std::pair{&ih, rows * input}, {&hh, rows * hidden}, {&bias_ih, rows}, {&bias_hh, rows}})
            for (long i = 0; i < count; ++i)
                numbers->push_back(std::uniform_real_distribution<float>(-limit, limit)(generator));
    }
    ostinato::Weights<const float> weights() const {
        return {ih.data(), hh.data(), bias_ih.data(), bias_hh.data(), nullptr};
    }

    inline static std::mt19937 generator{1};
};

// Nanoseconds of one step of all streams, the median over blocks of about a millisecond.
double time_step(ostinato::Stack<float>& stack) {
    const std::vector<float> x(std::size_t(stack.streams() * stack.shape().input), 0.5f);
    std::vector<float> y(std::size_t(stack.streams() * stack.shape().state()));
    const long calls = 1 + long(4e7 / (1e4 + stack.operations(1, stack.streams())));
    std::vector<double> times;
    for (int i = 0; i < repeats; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        for (long call = 0; call < calls; ++call) stack.advance(x.data(), y.data(), 1, stack.streams());
        const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - begin;
        times.push_back(spent.count() / double(calls));
    }
    std::nth_element(times.begin(), times.begin() + repeats / 2, times.end());
    return times[repeats / 2];
}

void report(Cell cell, long input, long hidden, long streams, int threads) {
    const Layer layer(cell, input, hidden);
    const auto weights = layer.weights();
    double times[2];
    std::size_t bytes[2];
    for (Precision precision : {Precision::real, Precision::int8}) {
        const auto packed = std::make_shared<const ostinato::PackedStack<float>>(
            ostinato::StackShape{cell, 1, input, hidden, 0}, &weights, precision);
        ostinato::Stack<float> stack(packed, streams, threads);
        times[int(precision)] = time_step(stack);
        bytes[int(precision)] = packed->bytes();
    }
    std::printf("| %s | %ld | %ld | %ld | %d | %.3f | %.3f | %.1f | %.1f |\n", names[int(cell)], input, hidden, streams,
                threads, times[0] / 1e3, times[1] / 1e3, double(bytes[0]) / 1024, double(bytes[1]) / 1024);
}

}  // namespace

int main() {
    std::printf("One step of all streams, microseconds, level %s.\n\n", std::string(name(ostinato::level())).c_str());
    std::printf("| cell | input | hidden | streams | threads | float32 | int8 | KiB | KiB, int8 |\n");
    std::printf("| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
    for (Cell cell : {Cell::lstm, Cell::gru, Cell::rnn_tanh}) {
        for (long hidden : {8, 16, 32, 64, 128, 256, 512}) report(cell, hidden, hidden, 1, 1);
        for (long streams : {1, 16, 256, 4096, 32768})
            for (int threads : {1, 2}) report(cell, 32, 64, streams, threads);
    }
}
