// ostinato._native: this file and those in python/ alone know nanobind. It checks what Python passes and calls the core.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "ostinato/buffers.h"
#include "ostinato/cpu.h"
#include "ostinato/layer.h"
#include "python/chain.h"
#include "python/stack.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace {

using Array = nb::ndarray<nb::numpy, nb::ndim<1>, nb::c_contig>;

std::string cpu() { return std::string(ostinato::name(ostinato::level())); }

std::vector<std::string> levels() {
    std::vector<std::string> names;
    for (ostinato::Level level : ostinato::runnable_levels()) names.emplace_back(ostinato::name(level));
    return names;
}

nb::dlpack::dtype float_type(const std::string& name) {
    if (name == "float32") return nb::dtype<float>();
    if (name == "float64") return nb::dtype<double>();
    throw nb::value_error(("dtype is '" + name + "'; choose one of float32, float64.").c_str());
}

std::size_t bytes_of(std::int64_t n, nb::dlpack::dtype type) {
    const std::int64_t size = type.bits / 8;
    if (n < 0 || n > std::numeric_limits<std::int64_t>::max() / size)
        throw nb::value_error(("n is " + std::to_string(n) + "; expected a number of elements.").c_str());
    return static_cast<std::size_t>(n * size);
}

// The array's owner gives the buffer back when the last view of it is gone.
Array empty(std::int64_t n, const std::string& dtype) {
    const nb::dlpack::dtype type = float_type(dtype);
    void* buffer = ostinato::take(bytes_of(n, type));
    const nb::capsule owner(buffer, [](void* memory) noexcept { ostinato::give(memory); });
    return Array(buffer, {static_cast<std::size_t>(n)}, owner, {}, type);
}

// What Python passed for one array, by name, for the error that says what was wrong with it.
struct Given {
    const char* name;
    nb::handle value;
};

[[noreturn]] void refuse(const Given& given, const std::vector<std::int64_t>& shape, const char* type) {
    std::string wanted;
    for (std::int64_t size : shape) wanted += (wanted.empty() ? "" : ", ") + std::to_string(size);
    const std::string is = nb::cast<std::string>(nb::str(given.value.type()));
    throw nb::value_error((std::string(given.name) + " is a " + is + " that does not fit; expected a contiguous " + type +
                           " array on the CPU of shape (" + wanted + ").").c_str());
}

// The memory of an array of exactly this type and shape; null for None.
template <class T>
T* memory(const Given& given, const std::vector<std::int64_t>& shape) {
    using Plain = std::remove_const_t<T>;
    const char* type = std::is_same_v<Plain, float>    ? "float32"
                       : std::is_same_v<Plain, double> ? "float64"
                       : std::is_same_v<Plain, bool>   ? "bool"
                                                       : "int64";
    if (given.value.is_none()) return nullptr;
    nb::ndarray<T, nb::c_contig, nb::device::cpu> array;
    if (!nb::try_cast(given.value, array, false)) refuse(given, shape, type);
    bool fits = array.ndim() == shape.size();
    for (std::size_t i = 0; fits && i < shape.size(); ++i) fits = std::int64_t(array.shape(i)) == shape[i];
    if (!fits) refuse(given, shape, type);
    return array.data();
}

template <class T>
T* required(const Given& given, const std::vector<std::int64_t>& shape) {
    T* data = memory<T>(given, shape);
    if (given.value.is_none()) refuse(given, shape, "numeric");
    return data;
}

ostinato::Cell cell_of(int cell) {
    if (cell < 0 || cell > 3) throw nb::value_error("cell is out of range; expected 0 to 3 (rnn_tanh, rnn_relu, gru, lstm).");
    return static_cast<ostinato::Cell>(cell);
}

using ShapedArray = nb::ndarray<nb::ro, nb::c_contig, nb::device::cpu>;

// Refuses sizes that contradict each other: the kernels trust them.
void check_sizes(const ostinato::Shape& shape) {
    std::int64_t sum = 0, before = shape.batch;
    for (long t = 0; t < shape.steps; ++t) {
        const std::int64_t size = shape.batch_sizes[t];
        if (size < 1 || size > before || (t == 0 && size != shape.batch))
            throw nb::value_error("batch_sizes must begin with the number of sequences, never rise, and be at least 1.");
        sum += before = size;
    }
    if (sum != shape.rows || shape.steps < 1 || shape.hidden < 1 || shape.input < 1 || shape.state() < 1)
        throw nb::value_error("input, batch_sizes and weights do not agree; expected as many rows as batch_sizes sum to, "
                              "and sizes of at least 1.");
}

// The sizes of a call, from its arrays. `weights` holds five entries a direction, as _native.pyi says.
ostinato::Shape shape_of(int cell, const ShapedArray& input, nb::handle batch_sizes, const ShapedArray& h0,
                         const nb::list& weights, int threads) {
    if (input.ndim() != 2) throw nb::value_error("input has the wrong number of dimensions; expected (N, I).");
    if (h0.ndim() != 3) throw nb::value_error("h0 has the wrong number of dimensions; expected (D, B, S).");
    if (threads < 1) throw nb::value_error("threads is below 1; expected at least 1.");
    ostinato::Shape shape{};
    shape.cell = cell_of(cell);
    shape.rows = long(input.shape(0)), shape.input = long(input.shape(1));
    shape.directions = long(h0.shape(0)), shape.batch = long(h0.shape(1));
    shape.threads = threads;
    if (shape.directions < 1 || shape.directions > 2 || weights.size() != std::size_t(5 * shape.directions))
        throw nb::value_error("weights and h0 do not agree; expected one or two directions and five entries for each.");
    const auto ih = nb::cast<ShapedArray>(weights[0], false);
    shape.hidden = long(ih.ndim() == 2 ? ih.shape(0) : 0) / ostinato::gates_of(shape.cell);
    const bool projected = !weights[4].is_none();
    if (projected && shape.cell != ostinato::Cell::lstm) throw nb::value_error("only an LSTM has a projection.");
    shape.projection = projected ? long(h0.shape(2)) : 0;
    const auto sizes = nb::cast<nb::ndarray<const std::int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>>(batch_sizes, false);
    shape.steps = long(sizes.shape(0)), shape.batch_sizes = sizes.data();
    check_sizes(shape);
    return shape;
}

template <class Real>
ostinato::Weights<Real> weights_of(const ostinato::Shape& shape, const nb::list& weights, long direction, bool wanted) {
    const std::int64_t rows = ostinato::gates_of(shape.cell) * shape.hidden;
    const auto at = [&](int i) { return nb::handle(weights[std::size_t(5 * direction + i)]); };
    ostinato::Weights<Real> w{memory<Real>({"weight_ih", at(0)}, {rows, shape.input}),
                              memory<Real>({"weight_hh", at(1)}, {rows, shape.state()}),
                              memory<Real>({"bias_ih", at(2)}, {rows}), memory<Real>({"bias_hh", at(3)}, {rows}),
                              memory<Real>({"weight_hr", at(4)}, {shape.projection, shape.hidden})};
    if (wanted && (w.ih == nullptr || w.hh == nullptr || (shape.projection > 0) != (w.hr != nullptr)))
        throw nb::value_error("weights has None where a matrix was expected.");
    return w;
}

ostinato::Keep keep_of(int keep) {
    if (keep < 0 || keep > 2) throw nb::value_error("keep is out of range; expected 0 (nothing), 1 (cells) or 2 (all).");
    return static_cast<ostinato::Keep>(keep);
}

std::int64_t saved_size(int cell, std::int64_t rows, std::int64_t hidden, std::int64_t directions, const std::string& dtype,
                        int keep) {
    ostinato::Shape shape{};
    shape.cell = cell_of(cell), shape.rows = rows, shape.hidden = hidden, shape.directions = directions;
    return float_type(dtype) == nb::dtype<float>() ? ostinato::kernels<float>().saved_numbers(shape, keep_of(keep))
                                                   : ostinato::kernels<double>().saved_numbers(shape, keep_of(keep));
}

struct ForwardArguments {
    nb::handle input, h0, c0, resets, output, h_n, c_n, saved;
    nb::list weights;
    ostinato::Keep keep;
};

template <class Real>
void run_forward(const ostinato::Shape& shape, const ForwardArguments& a) {
    const std::int64_t d = shape.directions, b = shape.batch, s = shape.state(), h = shape.hidden;
    ostinato::Forward<Real> call{};
    call.shape = shape, call.keep = a.keep;
    call.input = required<const Real>({"input", a.input}, {shape.rows, shape.input});
    call.h0 = required<const Real>({"h0", a.h0}, {d, b, s});
    call.output = required<Real>({"output", a.output}, {shape.rows, d * s});
    call.h_n = required<Real>({"h_n", a.h_n}, {d, b, s});
    if (shape.cell == ostinato::Cell::lstm) {
        call.c0 = required<const Real>({"c0", a.c0}, {d, b, h});
        call.c_n = required<Real>({"c_n", a.c_n}, {d, b, h});
    }
    for (long i = 0; i < d; ++i) call.weights[i] = weights_of<const Real>(shape, a.weights, i, true);
    call.resets = reinterpret_cast<const std::uint8_t*>(memory<const bool>({"resets", a.resets}, {shape.rows}));
    const std::int64_t numbers = ostinato::kernels<Real>().saved_numbers(shape, call.keep);
    if (numbers > 0) call.saved = required<Real>({"saved", a.saved}, {numbers});
    nb::gil_scoped_release released;
    ostinato::kernels<Real>().forward(call);
}

void forward(int cell, nb::handle input, nb::handle batch_sizes, nb::handle h0, nb::handle c0, nb::list weights,
             nb::handle resets, nb::handle output, nb::handle h_n, nb::handle c_n, nb::handle saved, int keep,
             int threads) {
    const auto x = nb::cast<ShapedArray>(input, false);
    const auto shape = shape_of(cell, x, batch_sizes, nb::cast<ShapedArray>(h0, false), weights, threads);
    const ForwardArguments a{input, h0, c0, resets, output, h_n, c_n, saved, weights, keep_of(keep)};
    if (x.dtype() == nb::dtype<double>()) return run_forward<double>(shape, a);
    run_forward<float>(shape, a);
}

struct BackwardArguments {
    nb::handle input, h0, c0, resets, output, saved, d_output, d_h_n, d_c_n, d_input, d_h0, d_c0;
    nb::list weights, d_weights;
    ostinato::Keep kept;
};

template <class Real>
void run_backward(const ostinato::Shape& shape, const BackwardArguments& a) {
    const std::int64_t d = shape.directions, b = shape.batch, s = shape.state(), h = shape.hidden;
    ostinato::Backward<Real> call{};
    call.shape = shape, call.kept = a.kept;
    call.input = required<const Real>({"input", a.input}, {shape.rows, shape.input});
    call.h0 = required<const Real>({"h0", a.h0}, {d, b, s});
    call.output = required<const Real>({"output", a.output}, {shape.rows, d * s});
    call.d_output = memory<const Real>({"d_output", a.d_output}, {shape.rows, d * s});
    call.d_h_n = memory<const Real>({"d_h_n", a.d_h_n}, {d, b, s});
    call.d_input = memory<Real>({"d_input", a.d_input}, {shape.rows, shape.input});
    call.d_h0 = memory<Real>({"d_h0", a.d_h0}, {d, b, s});
    if (shape.cell == ostinato::Cell::lstm) {
        call.c0 = required<const Real>({"c0", a.c0}, {d, b, h});
        call.d_c_n = memory<const Real>({"d_c_n", a.d_c_n}, {d, b, h});
        call.d_c0 = memory<Real>({"d_c0", a.d_c0}, {d, b, h});
    }
    if (a.d_weights.size() != a.weights.size()) throw nb::value_error("d_weights and weights differ in length.");
    for (long i = 0; i < d; ++i) {
        call.weights[i] = weights_of<const Real>(shape, a.weights, i, true);
        call.d_weights[i] = weights_of<Real>(shape, a.d_weights, i, false);
    }
    call.resets = reinterpret_cast<const std::uint8_t*>(memory<const bool>({"resets", a.resets}, {shape.rows}));
    const std::int64_t numbers = ostinato::kernels<Real>().saved_numbers(shape, call.kept);
    if (numbers > 0) call.saved = required<const Real>({"saved", a.saved}, {numbers});
    nb::gil_scoped_release released;
    ostinato::kernels<Real>().backward(call);
}

void backward(int cell, nb::handle input, nb::handle batch_sizes, nb::handle h0, nb::handle c0, nb::list weights,
              nb::handle resets, nb::handle output, nb::handle saved, int kept, nb::handle d_output, nb::handle d_h_n,
              nb::handle d_c_n, nb::handle d_input, nb::handle d_h0, nb::handle d_c0, nb::list d_weights, int threads) {
    const auto x = nb::cast<ShapedArray>(input, false);
    const auto shape = shape_of(cell, x, batch_sizes, nb::cast<ShapedArray>(h0, false), weights, threads);
    const BackwardArguments a{input, h0,    c0,      resets, output, saved,   d_output,      d_h_n,
                              d_c_n, d_input, d_h0, d_c0,   weights, d_weights, keep_of(kept)};
    if (x.dtype() == nb::dtype<double>()) return run_backward<double>(shape, a);
    run_backward<float>(shape, a);
}

// The same for callers that hold addresses and have checked what stands there: torch's tensors are read in place,
// for making arrays of a dozen of them costs more than a short layer's run.
using Address = std::uintptr_t;

template <class T>
T* at(Address address) {
    return reinterpret_cast<T*>(address);  // NOLINT: the caller's promise
}

ostinato::Shape shape_at(int cell, const nb::tuple& sizes, Address batch_sizes, int threads) {
    const auto size = [&](std::size_t i) { return nb::cast<long>(sizes[i]); };
    const ostinato::Shape shape{cell_of(cell), size(0), size(1), size(2), size(3), size(4), size(5), size(6),
                                at<const std::int64_t>(batch_sizes), threads};
    check_sizes(shape);
    return shape;
}

template <class Real>
void weights_at(ostinato::Weights<Real> (&to)[2], const nb::tuple& addresses) {
    if (addresses.size() > 10) throw nb::value_error("there are too many weights; expected five for each direction.");
    for (std::size_t d = 0; 5 * d < addresses.size(); ++d) {
        const auto address = [&](std::size_t i) { return at<Real>(nb::cast<Address>(addresses[5 * d + i])); };
        to[d] = {address(0), address(1), address(2), address(3), address(4)};
    }
}

template <class Real>
void forward_at_as(const ostinato::Shape& shape, Address input, Address h0, Address c0, const nb::tuple& weights,
                   const ostinato::Packed* packed, Address resets, Address output, Address h_n, Address c_n,
                   Address saved, ostinato::Keep keep) {
    ostinato::Forward<Real> call{shape, at<const Real>(input), at<const Real>(h0), at<const Real>(c0), {},
                                 at<const std::uint8_t>(resets), at<Real>(output), at<Real>(h_n), at<Real>(c_n),
                                 at<Real>(saved), keep, packed};
    weights_at(call.weights, weights);
    nb::gil_scoped_release released;
    ostinato::kernels<Real>().forward(call);
}

void forward_at(bool is_double, int cell, const nb::tuple& sizes, Address batch_sizes, Address input, Address h0,
                Address c0, const nb::tuple& weights, const ostinato::Packed* packed, Address resets, Address output,
                Address h_n, Address c_n, Address saved, int keep, int threads) {
    const auto run = is_double ? forward_at_as<double> : forward_at_as<float>;
    run(shape_at(cell, sizes, batch_sizes, threads), input, h0, c0, weights, packed, resets, output, h_n, c_n, saved,
        keep_of(keep));
}

template <class Real>
const ostinato::Packed* pack_at_as(const ostinato::Shape& shape, const nb::tuple& addresses) {
    ostinato::Weights<const Real> weights[2] = {};
    weights_at(weights, addresses);
    nb::gil_scoped_release released;
    return ostinato::kernels<Real>().pack(shape, weights);
}

const ostinato::Packed* pack_at(bool is_double, int cell, const nb::tuple& sizes, Address batch_sizes,
                                const nb::tuple& weights, int threads) {
    const auto run = is_double ? pack_at_as<double> : pack_at_as<float>;
    return run(shape_at(cell, sizes, batch_sizes, threads), weights);
}

template <class Real>
void backward_at_as(const ostinato::Shape& shape, const nb::tuple& read, const nb::tuple& weights, ostinato::Keep kept,
                    const nb::tuple& written, const nb::tuple& d_weights) {
    const auto r = [&](std::size_t i) { return at<const Real>(nb::cast<Address>(read[i])); };
    const auto w = [&](std::size_t i) { return at<Real>(nb::cast<Address>(written[i])); };
    ostinato::Backward<Real> call{};
    call.shape = shape, call.kept = kept;
    call.input = r(0), call.h0 = r(1), call.c0 = r(2);
    call.resets = at<const std::uint8_t>(nb::cast<Address>(read[3]));
    call.output = r(4), call.saved = r(5), call.d_output = r(6), call.d_h_n = r(7), call.d_c_n = r(8);
    call.d_input = w(0), call.d_h0 = w(1), call.d_c0 = w(2);
    weights_at(call.weights, weights);
    weights_at(call.d_weights, d_weights);
    nb::gil_scoped_release released;
    ostinato::kernels<Real>().backward(call);
}

void backward_at(bool is_double, int cell, const nb::tuple& sizes, Address batch_sizes, const nb::tuple& read,
                 const nb::tuple& weights, int kept, const nb::tuple& written, const nb::tuple& d_weights, int threads) {
    const auto run = is_double ? backward_at_as<double> : backward_at_as<float>;
    run(shape_at(cell, sizes, batch_sizes, threads), read, weights, keep_of(kept), written, d_weights);
}

}  // namespace

NB_MODULE(_native, m) {
    // a process that ends while a thread or a traceback still holds a stack has not leaked it
    nb::set_leak_warnings(false);
    m.doc() = "The native core of Ostinato; see _native.pyi.";
    m.def("cpu", &cpu);
    m.def("levels", &levels);
    m.def("empty", &empty, "n"_a, "dtype"_a);
    m.def("saved_size", &saved_size, "cell"_a, "rows"_a, "hidden"_a, "directions"_a, "dtype"_a, "keep"_a);
    m.def("forward", &forward, "cell"_a, "input"_a, "batch_sizes"_a, "h0"_a, "c0"_a.none(), "weights"_a,
          "resets"_a.none(), "output"_a, "h_n"_a, "c_n"_a.none(), "saved"_a.none(), "keep"_a, "threads"_a);
    m.def("backward", &backward, "cell"_a, "input"_a, "batch_sizes"_a, "h0"_a, "c0"_a.none(), "weights"_a,
          "resets"_a.none(), "output"_a, "saved"_a.none(), "kept"_a, "d_output"_a.none(), "d_h_n"_a.none(),
          "d_c_n"_a.none(), "d_input"_a.none(), "d_h0"_a.none(), "d_c0"_a.none(), "d_weights"_a, "threads"_a);
    nb::class_<ostinato::Packed>(m, "Packed");
    m.def("pack_at", &pack_at, "is_double"_a, "cell"_a, "sizes"_a, "batch_sizes"_a, "weights"_a, "threads"_a,
          nb::rv_policy::take_ownership);
    m.def("forward_at", &forward_at, "is_double"_a, "cell"_a, "sizes"_a, "batch_sizes"_a, "input"_a, "h0"_a, "c0"_a,
          "weights"_a, "packed"_a.none(), "resets"_a, "output"_a, "h_n"_a, "c_n"_a, "saved"_a, "keep"_a, "threads"_a);
    m.def("backward_at", &backward_at, "is_double"_a, "cell"_a, "sizes"_a, "batch_sizes"_a, "read"_a, "weights"_a,
          "kept"_a, "written"_a, "d_weights"_a, "threads"_a);
    m.def("peak", [](int threads) { return ostinato::kernels<float>().peak(threads); }, "threads"_a,
          nb::call_guard<nb::gil_scoped_release>());
    bind_stack(m);
    bind_chain(m);
    m.def("idle_bytes", &ostinato::idle_bytes);
    m.def("release_buffers", &ostinato::release);
}
