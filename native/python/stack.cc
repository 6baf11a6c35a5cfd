// _native.Stack. A step takes less than a microsecond, so what is passed at each is read through Python's own buffer
// protocol: nanobind's arrays cost more than the step.
#include "python/stack.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "ostinato/stack.h"
#include "python/view.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace {

// From so many operations on, other Python threads may run meanwhile; to let them costs more than a short step.
constexpr double long_work = 1e6;

void refuse_shape(const char* what) { throw nb::value_error(what); }

// The layers' weights while they are packed: five entries a layer, as _native.pyi says.
class Given {
  public:
    Given(ostinato::Cell cell, const nb::list& weights) : cell_(cell) {
        if (weights.size() == 0 || weights.size() % 5 != 0)
            refuse_shape("weights has the wrong length; expected five entries for each layer.");
        static constexpr const char* names[] = {"weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr"};
        for (std::size_t i = 0; i < weights.size(); ++i)
            views_.push_back(weights[i].is_none()
                                 ? nullptr
                                 : std::make_unique<View>(names[i % 5], weights[i], View::Use::read));
        measure();
    }

    const ostinato::StackShape& shape() const { return shape_; }
    bool is_double() const { return views_[0]->holds<double>(); }

    template <class Real>
    std::vector<ostinato::Weights<const Real>> layers() const {
        std::vector<ostinato::Weights<const Real>> found;
        const long rows = ostinato::gates_of(cell_) * shape_.hidden, state = shape_.state();
        for (long layer = 0; layer < shape_.layers; ++layer)
            found.push_back({matrix<Real>(layer, 0, {rows, shape_.input_of(layer)}, "(G*H, I)"),
                             matrix<Real>(layer, 1, {rows, state}, "(G*H, S)"), bias<Real>(layer, 2, rows),
                             bias<Real>(layer, 3, rows),
                             shape_.projection == 0 ? nothing<Real>(layer)
                                                    : matrix<Real>(layer, 4, {shape_.projection, shape_.hidden}, "(P, H)")});
        return found;
    }

  private:
    const View* at(long layer, int entry) const { return views_[std::size_t(5 * layer + entry)].get(); }

    void measure() {
        const View *ih = at(0, 0), *hr = at(0, 4);
        if (ih == nullptr || ih->dimensions() != 2 || (hr != nullptr && hr->dimensions() != 2))
            refuse_shape("weight_ih and weight_hr are matrices; expected (G*H, I) and (P, H).");
        if (hr != nullptr && cell_ != ostinato::Cell::lstm) refuse_shape("only an LSTM has a projection.");
        const long layers = long(views_.size() / 5), hidden = ih->size(0) / ostinato::gates_of(cell_);
        shape_ = {cell_, layers, ih->size(1), hidden, hr == nullptr ? 0 : hr->size(0)};
        if (shape_.input < 1 || hidden < 1 || (hr != nullptr && shape_.projection < 1))
            refuse_shape("weight_ih or weight_hr is empty; expected sizes of at least 1.");
    }

    template <class Real>
    const Real* matrix(long layer, int entry, std::initializer_list<long> shape, const char* letters) const {
        const View* view = at(layer, entry);
        if (view == nullptr) refuse_shape("weights has None where a matrix was expected.");
        view->expect(shape, letters);
        return view->data<const Real>();
    }

    template <class Real>
    const Real* bias(long layer, int entry, long rows) const {
        return at(layer, entry) == nullptr ? nullptr : matrix<Real>(layer, entry, {rows}, "(G*H,)");
    }

    template <class Real>
    const Real* nothing(long layer) const {
        if (at(layer, 4) != nullptr) refuse_shape("weight_hr stands in some layers; expected it in all or in none.");
        return nullptr;
    }

    ostinato::Cell cell_;
    ostinato::StackShape shape_{};
    std::vector<std::unique_ptr<View>> views_;
};

// A stack of one number type, with NumPy's functions that its results are made by.
template <class Real>
class Typed {
  public:
    Typed(typename ostinato::Stack<Real>::Weights weights, long streams, int threads)
        : stack_(std::move(weights), streams, threads),
          empty_(nb::module_::import_("numpy").attr("empty")),
          type_(nb::module_::import_("numpy").attr("dtype")(type_name<Real>)),
          output_shape_(nb::make_tuple(streams, output_size())) {}

    // One of other streams on the same weights.
    Typed(const Typed& other, long streams, int threads)
        : stack_(other.stack_.weights(), streams, threads),
          empty_(other.empty_),
          type_(other.type_),
          output_shape_(nb::make_tuple(streams, output_size())) {}

    const ostinato::Stack<Real>& stack() const { return stack_; }
    nb::object type() const { return type_; }
    nb::object input() { return fixed().input; }
    nb::object output() { return fixed().output; }

    nb::object step() {
        const Fixed& arrays = fixed();
        advance(arrays.x, arrays.y, 1, stack_.streams());
        return arrays.output;
    }

    nb::object push(nb::handle object) {
        const View x("x", object, View::Use::read);
        const Real* from = x.data<const Real>();
        const int dimensions = x.dimensions();
        const long steps = dimensions == 3 ? x.size(0) : 1;
        nb::object y;
        if (dimensions == 1 && stack_.streams() == 1) {
            x.expect({input_size()}, "(I,)");
            y = empty_(output_size(), type_);
        } else if (dimensions == 3) {
            x.expect({steps, stack_.streams(), input_size()}, "(T, n, I)");
            y = empty_(nb::make_tuple(steps, stack_.streams(), output_size()), type_);
        } else {
            x.expect({stack_.streams(), input_size()}, "(n, I)");
            y = empty_(output_shape_, type_);
        }
        advance(from, View("y", y, View::Use::write).data<Real>(), steps, stack_.streams());
        return y;
    }

    void advance_first(nb::handle input, nb::handle output) {
        const View x("x", input, View::Use::read), y("y", output, View::Use::write);
        const long steps = x.dimensions() == 3 ? x.size(0) : 0, streams = x.dimensions() == 3 ? x.size(1) : 0;
        x.expect({steps, streams, input_size()}, "(T, n, I)");
        y.expect({steps, streams, output_size()}, "(T, n, S)");
        if (streams > stack_.streams())
            x.refuse("of " + std::to_string(streams) + " streams; the stack has " + std::to_string(stack_.streams()));
        if (x.begin() < y.end() && y.begin() < x.end()) y.refuse("an array that shares memory with x; pass another");
        advance(x.data<const Real>(), y.data<Real>(), steps, streams);
    }

    nb::object states(long first, long count) const {
        check_rest();
        nb::object rows = empty_(nb::make_tuple(count, stack_.numbers()), type_);
        stack_.copy_states(first, count, View("rows", rows, View::Use::write).data<Real>());
        return rows;
    }

    void restore(nb::handle object, long first, long count) {
        const View rows("state", object, View::Use::read);
        rows.expect({count, stack_.numbers()}, "(n, numbers)");
        check_rest();
        stack_.restore_states(first, count, rows.data<const Real>());
    }

    void reset(long first, long count) {
        check_rest();
        stack_.reset_states(first, count);
    }

  private:
    long input_size() const { return stack_.shape().input; }
    long output_size() const { return stack_.shape().state(); }

    // The arrays of step(), where they are: checked once, and held in place by their views.
    struct Fixed {
        nb::object input, output;
        View read{"input", input, View::Use::read}, written{"output", output, View::Use::write};
        const Real* x = read.template data<const Real>();
        Real* y = written.template data<Real>();
    };

    const Fixed& fixed() {
        if (fixed_ == nullptr) {
            const nb::object zeros = nb::module_::import_("numpy").attr("zeros");
            const auto filled = [&](long width) { return zeros(nb::make_tuple(stack_.streams(), width), type_); };
            fixed_.reset(new Fixed{filled(input_size()), filled(output_size())});
        }
        return *fixed_;
    }

    void check_rest() const {
        if (at_work_) throw std::runtime_error("this stack is at work in another thread; give each thread its own.");
    }

    void advance(const Real* x, Real* y, long steps, long streams) {
        check_rest();
        if (stack_.operations(steps, streams) < long_work) return stack_.advance(x, y, steps, streams);
        at_work_ = true;
        {
            const nb::gil_scoped_release released;
            stack_.advance(x, y, steps, streams);
        }
        at_work_ = false;
    }

    ostinato::Stack<Real> stack_;
    bool at_work_ = false;  // read and written under the interpreter's lock
    nb::object empty_, type_, output_shape_;
    std::unique_ptr<const Fixed> fixed_;  // made when first wanted
};

// What Python calls a Stack.
class Stack {
  public:
    template <class Real>
    explicit Stack(std::unique_ptr<Typed<Real>> typed) : typed_(std::move(typed)) {}

    template <class Body>
    auto with(Body&& body) const {
        return std::visit([&](const auto& typed) { return body(*typed); }, typed_);
    }

    const auto& typed() const { return typed_; }

  private:
    std::variant<std::unique_ptr<Typed<float>>, std::unique_ptr<Typed<double>>> typed_;
};

void check_counts(long streams, int threads) {
    if (streams < 1 || threads < 1)
        throw nb::value_error("streams or threads is below 1; expected at least 1 of both.");
}

template <class Real>
void construct_as(Stack* self, const Given& given, long streams, int threads, bool int8) {
    const auto precision = int8 ? ostinato::Precision::int8 : ostinato::Precision::real;
    const auto layers = given.layers<Real>();
    auto packed = std::make_shared<const ostinato::PackedStack<Real>>(given.shape(), layers.data(), precision);
    new (self) Stack(std::make_unique<Typed<Real>>(std::move(packed), streams, threads));
}

void construct(Stack* self, int cell, const nb::list& weights, long streams, int threads, bool int8) {
    check_counts(streams, threads);
    if (cell < 0 || cell > 3)
        throw nb::value_error("cell is out of range; expected 0 to 3 (rnn_tanh, rnn_relu, gru, lstm).");
    const Given given(static_cast<ostinato::Cell>(cell), weights);
    if (given.is_double()) return construct_as<double>(self, given, streams, threads, int8);
    construct_as<float>(self, given, streams, threads, int8);
}

Stack* with_streams(const Stack& stack, long streams, int threads) {
    check_counts(streams, threads);
    return stack.with([&]<class Real>(const Typed<Real>& typed) {
        return new Stack(std::make_unique<Typed<Real>>(typed, streams, threads));
    });
}

// One stream, or all where `stream` is None: the first and how many.
std::pair<long, long> chosen(const Stack& stack, std::optional<long> stream) {
    const long streams = stack.with([](const auto& typed) { return typed.stack().streams(); });
    if (!stream) return {0, streams};
    if (*stream < 0 || *stream >= streams)
        throw nb::value_error(("stream is " + std::to_string(*stream) + "; expected 0 to " +
                               std::to_string(streams - 1) + ".").c_str());
    return {*stream, 1};
}

}  // namespace

std::shared_ptr<const ostinato::PackedStack<float>> packed_layers(nb::handle stack) {
    return std::visit(
        []<class Real>(const std::unique_ptr<Typed<Real>>& typed) -> std::shared_ptr<const ostinato::PackedStack<float>> {
            if constexpr (sizeof(Real) == 4) return typed->stack().weights();
            throw nb::value_error("the stack is of float64; expected float32.");
        },
        nb::cast<const Stack&>(stack).typed());
}

void bind_stack(nb::module_& m) {
    const auto of = [](auto get) { return [get](const Stack& s) { return s.with(get); }; };
    nb::class_<Stack>(m, "Stack")
        .def("__init__", &construct, "cell"_a, "weights"_a, "streams"_a, "threads"_a, "int8"_a)
        .def("with_streams", &with_streams, "streams"_a, "threads"_a)
        .def("push", [](const Stack& s, nb::handle x) { return s.with([&](auto& t) { return t.push(x); }); }, "x"_a.none())
        .def("step", of([](auto& t) { return t.step(); }))
        .def("advance", [](const Stack& s, nb::handle x, nb::handle y) {
            s.with([&](auto& t) { t.advance_first(x, y); });
        }, "x"_a.none(), "y"_a.none())
        .def("state", [](const Stack& s, std::optional<long> stream) {
            const auto [first, count] = chosen(s, stream);
            return s.with([&](auto& t) { return t.states(first, count); });
        }, "stream"_a.none())
        .def("restore", [](const Stack& s, nb::handle state, std::optional<long> stream) {
            const auto [first, count] = chosen(s, stream);
            s.with([&](auto& t) { t.restore(state, first, count); });
        }, "state"_a.none(), "stream"_a.none())
        .def("reset", [](const Stack& s, std::optional<long> stream) {
            const auto [first, count] = chosen(s, stream);
            s.with([&](auto& t) { t.reset(first, count); });
        }, "stream"_a.none())
        .def_prop_ro("input", of([](auto& t) { return t.input(); }))
        .def_prop_ro("output", of([](auto& t) { return t.output(); }))
        .def_prop_ro("dtype", of([](auto& t) { return t.type(); }))
        .def_prop_ro("streams", of([](auto& t) { return t.stack().streams(); }))
        .def_prop_ro("output_size", of([](auto& t) { return t.stack().shape().state(); }))
        .def_prop_ro("numbers", of([](auto& t) { return t.stack().numbers(); }))
        .def_prop_ro("packed_bytes", of([](auto& t) { return t.stack().weights()->bytes(); }));
}
