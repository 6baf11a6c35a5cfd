#include "ostinato/chain.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <numeric>
#include <random>
#include <vector>

#include "check.h"
#include "guarded.h"

namespace {

using Numbers = std::vector<float>;
using ostinato::Cell;
using ostinato::Chain;
using ostinato::ChainPlan;
using ostinato::Dense;
using ostinato::PackedStack;
using ostinato::Pooled;
using ostinato::StackShape;

Numbers uniform(long count, double limit, unsigned seed) {
    std::mt19937 generator(seed);
    Numbers numbers;
    for (long i = 0; i < count; ++i)
        numbers.push_back(float(std::uniform_real_distribution<double>(-limit, limit)(generator)));
    return numbers;
}

bool close(double a, double b) { return std::abs(a - b) <= 1e-5; }

Dense dense(long in, long out, unsigned seed) {
    return Dense(uniform(in * out, 0.3, seed).data(), uniform(out, 0.3, seed + 1).data(), in, out);
}

std::shared_ptr<const PackedStack<float>> stack(const StackShape& s) {
    std::vector<Numbers> numbers;
    std::vector<ostinato::Weights<const float>> layers;
    const long rows = ostinato::gates_of(s.cell) * s.hidden;
    for (unsigned layer = 0; layer < unsigned(s.layers); ++layer) {
        numbers.push_back(uniform(rows * s.input_of(layer), 0.3, 10 * layer + 1));
        numbers.push_back(uniform(rows * s.hidden, 0.3, 10 * layer + 2));
        numbers.push_back(uniform(rows, 0.3, 10 * layer + 3));
        numbers.push_back(uniform(rows, 0.3, 10 * layer + 4));
    }
    for (std::size_t i = 0; i < numbers.size(); i += 4)
        layers.push_back({numbers[i].data(), numbers[i + 1].data(), numbers[i + 2].data(), numbers[i + 3].data(), nullptr});
    return std::make_shared<const PackedStack<float>>(s, layers.data(), ostinato::Precision::real);
}

// Scaling, two convolutions, two LSTM layers, every pool, a head and a softmax.
std::shared_ptr<const ChainPlan> whole() {
    auto plan = std::make_shared<ChainPlan>();
    plan->input = 3, plan->softmax = true, plan->limit = 100;
    plan->center = {0.5, -1, 2}, plan->spread = {2, 0.5, 1};
    plan->convolutions.push_back({dense(12, 5, 1), 4});
    plan->convolutions.push_back({dense(5, 18, 3), 1});
    plan->stack = stack({Cell::lstm, 2, 18, 17, 0});
    auto pool = std::make_unique<ostinato::Pool>();
    pool->kinds = {Pooled::attention, Pooled::max, Pooled::last, Pooled::mean};
    pool->attention = std::make_unique<const Dense>(dense(17, 70, 5));
    pool->query = uniform(70, 0.3, 7);
    plan->pool = std::move(pool);
    plan->head = std::make_unique<const Dense>(dense(68, 4, 8));
    return plan;
}

std::vector<double> state(const Chain& chain, long stream) {
    std::vector<double> numbers(std::size_t(chain.numbers()));
    chain.copy_state(stream, numbers.data());
    return numbers;
}

}  // namespace

TEST(rows_are_multiplied_as_by_hand_and_nothing_else_is_touched) {
    for (long in : {1L, 5L, 64L})
        for (long out : {1L, 7L, 16L, 33L, 70L})
            for (long count : {1L, 5L, 13L}) {
                const Numbers weight = uniform(in * out, 1, 1), bias = uniform(out, 1, 2), x = uniform(in * count, 1, 3);
                const Dense one(weight.data(), bias.data(), in, out);
                Guarded<float> rows(x, 1), to(count * out, 3);
                one.multiply(rows.get(), in, count, to.get(), out);
                for (long i = 0; i < count; ++i)
                    for (long c = 0; c < out; ++c) {
                        double sum = bias[std::size_t(c)];
                        for (long k = 0; k < in; ++k)
                            sum += double(weight[std::size_t(c * in + k)]) * x[std::size_t(i * in + k)];
                        CHECK(close(to.get()[i * out + c], sum));
                    }
            }
}

TEST(rows_are_weighed_as_by_hand) {
    for (long size : {1L, 15L, 16L, 70L}) {
        const Numbers x = uniform(3 * size, 2, 1), query = uniform(size, 1, 2);
        Guarded<float> rows(x, 1), given(query, 2), to(3, 1);
        ostinato::dense_kernels().weigh(rows.get(), size, 3, given.get(), size, to.get());
        for (long i = 0; i < 3; ++i) {
            double sum = 0;
            for (long k = 0; k < size; ++k) sum += double(query[std::size_t(k)]) * std::tanh(double(x[std::size_t(i * size + k)]));
            CHECK(close(to.get()[i], sum));
        }
    }
}

TEST(layers_alone_say_what_a_stack_says) {
    auto plan = std::make_shared<ChainPlan>();
    plan->input = 3, plan->stack = stack({Cell::gru, 2, 3, 20, 0});
    const long streams = 101;
    Chain chain(plan, streams, 1);
    ostinato::Stack<float> beside(plan->stack, streams, 1);
    const Numbers x = uniform(4 * streams * 3, 1, 5);
    Guarded<float> said(4 * streams * 20, 1), expected(4 * streams * 20, 1);
    chain.advance(x.data(), said.get(), 4, nullptr, streams);
    beside.advance(x.data(), expected.get(), 4, streams);
    for (long i = 0; i < 4 * streams * 20; ++i) CHECK(close(said.get()[i], expected.get()[i]));
}

TEST(named_streams_are_taken_on_as_all_are_and_the_others_stay) {
    const auto plan = whole();
    for (long streams : {2L, 49L, 130L}) {
        Chain all(plan, streams, 2), named(plan, streams, 2);
        std::vector<std::int64_t> which(std::size_t(streams), 0);
        std::iota(which.rbegin(), which.rend(), 0);
        which.pop_back();  // stream 0 stays
        const long count = long(which.size());
        const Numbers x = uniform(3 * streams * 3, 1, 9);
        Numbers chosen;
        for (long t = 0; t < 3; ++t)
            for (std::int64_t stream : which)
                for (long k = 0; k < 3; ++k) chosen.push_back(x[std::size_t((t * streams + stream) * 3 + k)]);
        Guarded<double> said(3 * count * 4, 1), expected(3 * streams * 4, 1);
        const std::vector<double> before = state(named, 0);
        named.advance(chosen.data(), said.get(), 3, which.data(), count);
        all.advance(x.data(), expected.get(), 3, nullptr, streams);
        for (long i = 0; i < count; ++i)
            for (long c = 0; c < 4; ++c)
                CHECK(close(said.get()[(2 * count + i) * 4 + c], expected.get()[(2 * streams + which[std::size_t(i)]) * 4 + c]));
        CHECK(state(named, 0) == before);
        for (std::int64_t stream : which)
            for (long i = 0; i < all.numbers(); ++i)
                CHECK(close(state(named, stream)[std::size_t(i)], state(all, stream)[std::size_t(i)]));
    }
}

TEST(a_state_goes_on_in_another_stream) {
    const auto plan = whole();
    Chain one(plan, 1, 1), other(plan, 1, 1);
    const Numbers x = uniform(9, 1, 4);
    double first[4], second[4];
    one.advance(x.data(), first, 1, nullptr, 1);
    const std::vector<double> kept = state(one, 0);
    other.restore_state(0, kept.data());
    CHECK(state(other, 0) == kept);
    one.advance(x.data() + 3, first, 1, nullptr, 1);
    other.advance(x.data() + 3, second, 1, nullptr, 1);
    for (int c = 0; c < 4; ++c) CHECK(close(first[c], second[c]));
}

TEST(probabilities_sum_to_one_and_scaling_is_that_of_doubles) {
    const auto plan = whole();
    Chain one(plan, 1, 1), other(plan, 1, 1);
    const Numbers x = uniform(3, 1, 4);
    const std::vector<double> wide(x.begin(), x.end());
    double first[4], second[4];
    one.advance(x.data(), first, 1, nullptr, 1);
    other.advance(wide.data(), second, 1, nullptr, 1);
    CHECK(close(first[0] + first[1] + first[2] + first[3], 1));
    for (int c = 0; c < 4; ++c) CHECK(first[c] == second[c]);
}

TEST(what_is_beyond_the_limit_or_no_number_is_told) {
    Chain chain(whole(), 1, 1);
    const float nan = std::numeric_limits<float>::quiet_NaN(), far = 1000;
    const float fits[] = {0.5F, -1, 2, 100, 40, 100}, out[] = {0.5F, -1, 2, far, 0, 0}, no[] = {0.5F, nan, 2};
    CHECK(chain.within_limit(fits, 6));
    CHECK(!chain.within_limit(out, 6));
    CHECK(!chain.within_limit(no, 3));
    const double infinite[] = {0, std::numeric_limits<double>::infinity(), 0};
    CHECK(!chain.within_limit(infinite, 3));
}
