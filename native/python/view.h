// Arrays as Python's own buffer protocol gives them: nanobind's cost more than a short step.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <bit>
#include <cstdint>
#include <initializer_list>
#include <string>

template <class Real>
constexpr const char* type_name = sizeof(Real) == 4 ? "float32" : "float64";

// An array that Python passed, read or written in place while this object lives.
class View {
  public:
    enum class Use : int { read = PyBUF_ND | PyBUF_FORMAT, write = PyBUF_ND | PyBUF_FORMAT | PyBUF_WRITABLE };

    View(const char* name, nanobind::handle object, Use use) : name_(name) {
        if (PyObject_GetBuffer(object.ptr(), &buffer_, int(use)) == 0) return;
        PyErr_Clear();
        const std::string type = nanobind::cast<std::string>(nanobind::str(nanobind::handle(object.type()).attr("__name__")));
        refuse("of type " + type + " and cannot be " + (use == Use::read ? "read" : "written") +
               " in place; expected a C-contiguous" + (use == Use::read ? "" : ", writable") + " array");
    }
    ~View() { PyBuffer_Release(&buffer_); }
    View(const View&) = delete;
    View& operator=(const View&) = delete;

    int dimensions() const { return buffer_.ndim; }
    long size(int dimension) const { return long(buffer_.shape[dimension]); }
    const char* begin() const { return static_cast<const char*>(buffer_.buf); }
    const char* end() const { return begin() + buffer_.len; }

    template <class Real>
    bool holds() const {
        const char* format = buffer_.format;
        constexpr bool little = std::endian::native == std::endian::little;
        if (*format == '@' || *format == '=' || *format == (little ? '<' : '>')) ++format;
        return format[0] == (sizeof(Real) == 4 ? 'f' : 'd') && format[1] == 0;
    }

    template <class Real>
    Real* data() const {
        if (!holds<Real>()) refuse("an array of " + held() + "; expected " + type_name<Real>);
        return static_cast<Real*>(buffer_.buf);
    }

    const std::int64_t* integers() const {
        const char* format = buffer_.format;
        if ((*format != 'l' && *format != 'q') || format[1] != 0 || buffer_.itemsize != 8)
            refuse("an array of " + held() + "; expected int64");
        return static_cast<const std::int64_t*>(buffer_.buf);
    }

    void expect(std::initializer_list<long> shape, const char* letters) const {
        bool fits = buffer_.ndim == int(shape.size());
        for (int i = 0; fits && i < buffer_.ndim; ++i) fits = buffer_.shape[i] == shape.begin()[i];
        if (!fits) refuse("of shape " + listed(buffer_.shape, buffer_.ndim) + "; expected " +
                          listed(shape.begin(), int(shape.size())) + " for " + letters);
    }

    [[noreturn]] void refuse(const std::string& what) const {
        throw nanobind::value_error((std::string(name_) + " is " + what + ".").c_str());
    }

    template <class Number>
    static std::string listed(const Number* numbers, int count) {
        std::string words = "(";
        for (int i = 0; i < count; ++i) words += (i > 0 ? ", " : "") + std::to_string(numbers[i]);
        return words + (count == 1 ? ",)" : ")");
    }

  private:
    std::string held() const {
        return holds<float>() ? "float32" : holds<double>() ? "float64" : std::string("format '") + buffer_.format + "'";
    }

    const char* name_;
    Py_buffer buffer_{};
};
