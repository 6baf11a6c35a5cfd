// _native.Chain: what is passed at a step is read through Python's own buffer protocol, as in stack.cc.
#include "python/chain.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ostinato/chain.h"
#include "python/stack.h"
#include "python/view.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace {

using ostinato::ChainPlan;
using ostinato::Dense;
using Use = View::Use;

// From so many operations on, other Python threads may run meanwhile; to let them costs more than a short step.
constexpr double long_work = 1e6;

// A matrix (out, in) and what is added to its products, (out,).
Dense dense_of(const char* name, nb::handle pair, long in) {
    const auto parts = nb::cast<nb::tuple>(pair);
    if (parts.size() != 2) throw nb::value_error((std::string(name) + " is no pair of weight and bias.").c_str());
    const View weight(name, parts[0], Use::read), bias(name, parts[1], Use::read);
    const long out = weight.dimensions() == 2 ? weight.size(0) : 0;
    weight.expect({out, in}, "(out, in)");
    bias.expect({out}, "(out,)");
    if (out < 1) weight.refuse("empty; expected at least one output");
    return Dense(weight.data<const float>(), bias.data<const float>(), in, out);
}

std::vector<double> doubles(const char* name, nb::handle values, long count) {
    const View view(name, values, Use::read);
    view.expect({count}, "(I,)");
    const double* from = view.data<const double>();
    return {from, from + count};
}

std::unique_ptr<const ostinato::Pool> pool_of(const nb::list& kinds, nb::handle attention, long features) {
    auto pool = std::make_unique<ostinato::Pool>();
    for (nb::handle kind : kinds) {
        const int number = nb::cast<int>(kind);
        if (number < 0 || number > 3)
            throw nb::value_error("a pool is out of range; expected 0 to 3 (last, mean, max, attention).");
        pool->kinds.push_back(static_cast<ostinato::Pooled>(number));
        if (number == 3 && attention.is_none()) throw nb::value_error("attention has no weights.");
    }
    if (pool->kinds.empty() || pool->kinds.size() > 4) throw nb::value_error("pools are 1 to 4.");
    if (attention.is_none()) return pool;
    const auto parts = nb::cast<nb::tuple>(attention);
    if (parts.size() != 3) throw nb::value_error("attention is no weight, bias and query.");
    pool->attention = std::make_unique<const Dense>(dense_of("attention", nb::make_tuple(parts[0], parts[1]), features));
    const View query("query", parts[2], Use::read);
    query.expect({pool->attention->out}, "(A,)");
    const float* from = query.data<const float>();
    pool->query.assign(from, from + pool->attention->out);
    return pool;
}

class Chain {
  public:
    Chain(ostinato::Chain::Plan plan, long streams, int threads)
        : chain_(std::move(plan), streams, threads),
          empty_(nb::module_::import_("numpy").attr("empty")),
          type_(nb::module_::import_("numpy").attr("dtype")(softmax() ? "float64" : "float32")),
          double_(nb::module_::import_("numpy").attr("dtype")("float64")) {}

    const ostinato::Chain& chain() const { return chain_; }
    bool softmax() const { return chain_.plan()->softmax; }

    // One step of the only stream, if it is an array of floats within the limit; else nothing, and nothing changes.
    nb::object push(nb::handle object) {
        Py_buffer buffer;
        if (chain_.streams() != 1 || PyObject_GetBuffer(object.ptr(), &buffer, PyBUF_ND | PyBUF_FORMAT) != 0) {
            PyErr_Clear();
            return nb::none();
        }
        nb::object said = nb::none();
        if (buffer.ndim == 1 && buffer.shape[0] == chain_.plan()->input) {
            const char* format = buffer.format;
            if (format[0] == 'f' && format[1] == 0) said = pushed(static_cast<const float*>(buffer.buf));
            if (format[0] == 'd' && format[1] == 0) said = pushed(static_cast<const double*>(buffer.buf));
        }
        PyBuffer_Release(&buffer);
        return said;
    }

    // x (T, m, I) -> (T, m, C); nothing where a number is beyond the limit and `guarded` asks to look.
    nb::object advance(nb::handle object, nb::handle which, bool guarded) {
        const View x("x", object, Use::read);
        const long steps = x.dimensions() == 3 ? x.size(0) : 0, count = x.dimensions() == 3 ? x.size(1) : 0;
        x.expect({steps, count, chain_.plan()->input}, "(T, m, I)");
        if (steps < 1) x.refuse("of no step; expected at least one");
        if (which.is_none()) {
            if (count != chain_.streams()) x.refuse("not of all streams");
            return advanced(x, nullptr, steps, count, guarded);
        }
        const View chosen("which", which, Use::read);
        chosen.expect({count}, "(m,)");
        const std::int64_t* streams = chosen.integers();
        for (long i = 0; i < count; ++i) check(streams[i]);
        return advanced(x, streams, steps, count, guarded);
    }

    nb::object state(long stream) {
        check(stream);
        check_rest();
        nb::object row = empty_(chain_.numbers(), double_);
        chain_.copy_state(stream, View("row", row, Use::write).data<double>());
        return row;
    }

    void restore(nb::handle object, std::optional<long> stream) {
        if (stream) check(*stream);
        check_rest();
        const View row("state", object, Use::read);
        row.expect({chain_.numbers()}, "(numbers,)");
        const long first = stream.value_or(0), last = stream ? first + 1 : chain_.streams();
        for (long i = first; i < last; ++i) chain_.restore_state(i, row.data<const double>());
    }

  private:
    void check(std::int64_t stream) const {
        if (stream < 0 || stream >= chain_.streams()) throw nb::value_error("there is no such stream.");
    }

    void check_rest() const {
        if (at_work_) throw std::runtime_error("these streams are at work in another thread; give each thread its own.");
    }

    template <class Number>
    nb::object pushed(const Number* x) {
        if (!chain_.within_limit(x, chain_.plan()->input)) return nb::none();
        check_rest();
        nb::object y = empty_(chain_.plan()->output(), type_);
        const View to("y", y, Use::write);
        softmax() ? chain_.advance(x, to.data<double>(), 1, nullptr, 1) : chain_.advance(x, to.data<float>(), 1, nullptr, 1);
        return y;
    }

    nb::object advanced(const View& x, const std::int64_t* which, long steps, long count, bool guarded) {
        return x.holds<double>() ? advanced_as(x.data<const double>(), which, steps, count, guarded)
                                 : advanced_as(x.data<const float>(), which, steps, count, guarded);
    }

    template <class Number>
    nb::object advanced_as(const Number* x, const std::int64_t* which, long steps, long count, bool guarded) {
        if (guarded && !chain_.within_limit(x, steps * count * chain_.plan()->input)) return nb::none();
        check_rest();
        nb::object y = empty_(nb::make_tuple(steps, count, chain_.plan()->output()), type_);
        const View to("y", y, Use::write);
        const auto run = [&] {
            softmax() ? chain_.advance(x, to.data<double>(), steps, which, count)
                      : chain_.advance(x, to.data<float>(), steps, which, count);
        };
        if (chain_.operations(steps, count) < long_work) {
            run();
            return y;
        }
        at_work_ = true;
        {
            const nb::gil_scoped_release released;
            run();
        }
        at_work_ = false;
        return y;
    }

    ostinato::Chain chain_;
    bool at_work_ = false;  // read and written under the interpreter's lock
    nb::object empty_, type_, double_;
};

void construct(Chain* self, nb::handle stack, long input, nb::handle scale, const nb::list& convolutions,
               const nb::list& pools, nb::handle attention, nb::handle head, bool softmax, float limit, long streams,
               int threads) {
    if (streams < 1 || threads < 1 || input < 1)
        throw nb::value_error("streams, threads or input is below 1; expected at least 1.");
    auto plan = std::make_shared<ChainPlan>();
    plan->input = input, plan->softmax = softmax, plan->limit = limit;
    if (!scale.is_none()) {
        const auto parts = nb::cast<nb::tuple>(scale);
        plan->center = doubles("center", parts[0], input), plan->spread = doubles("spread", parts[1], input);
    }
    for (nb::handle one : convolutions) {
        const auto parts = nb::cast<nb::tuple>(one);
        const long kernel = nb::cast<long>(parts[2]);
        if (kernel < 1 || kernel > 1024) throw nb::value_error("kernel is out of range; expected 1 to 1024.");
        const long in = kernel * plan->features();
        plan->convolutions.push_back({dense_of("convolution", nb::make_tuple(parts[0], parts[1]), in), kernel});
    }
    plan->stack = packed_layers(stack);
    if (plan->stack->shape().input != plan->features())
        throw nb::value_error("the stack does not take what stands before it.");
    const long features = plan->stack->shape().state();
    if (pools.size() > 0) plan->pool = pool_of(pools, attention, features);
    if (!head.is_none()) plan->head = std::make_unique<const Dense>(dense_of("head", head, plan->summary()));
    new (self) Chain(std::move(plan), streams, threads);
}

}  // namespace

void bind_chain(nb::module_& m) {
    nb::class_<Chain>(m, "Chain")
        .def("__init__", &construct, "stack"_a, "input"_a, "scale"_a.none(), "convolutions"_a, "pools"_a,
             "attention"_a.none(), "head"_a.none(), "softmax"_a, "limit"_a, "streams"_a, "threads"_a)
        .def("with_streams", [](const Chain& chain, long streams, int threads) {
            if (streams < 1 || threads < 1) throw nb::value_error("streams or threads is below 1; expected at least 1.");
            return new Chain(chain.chain().plan(), streams, threads);
        }, "streams"_a, "threads"_a)
        .def("push", &Chain::push, "x"_a.none())
        .def("advance", &Chain::advance, "x"_a, "which"_a.none(), "guarded"_a)
        .def("state", &Chain::state, "stream"_a)
        .def("restore", &Chain::restore, "state"_a, "stream"_a.none())
        .def_prop_ro("numbers", [](const Chain& chain) { return chain.chain().numbers(); });
}
