// An array of exactly its size between two guard zones: who writes there is found by looking, who reads there gets
// NaN, and the address sanitizer stops both.
#pragma once

#include <cstdlib>
#include <cstring>
#include <new>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) static_cast<void>(size)
#define ASAN_UNPOISON_MEMORY_REGION(address, size) static_cast<void>(size)
#endif

template <class T>
class Guarded {
  public:
    // `count` numbers, all NaN, `shift` numbers off an address that vectors like; no array at all where count is 0.
    Guarded(long count, int shift) : count_(count), front_(zone + std::size_t(shift) * sizeof(T)) {
        if (count == 0) return;
        whole_ = (front_ + bytes() + zone + 63) / 64 * 64;
        memory_ = static_cast<unsigned char*>(std::aligned_alloc(64, whole_));
        if (memory_ == nullptr) throw std::bad_alloc();
        std::memset(memory_, 0xff, whole_);
        ASAN_POISON_MEMORY_REGION(memory_, front_ / 8 * 8);
        ASAN_POISON_MEMORY_REGION(memory_ + front_ + bytes(), whole_ - front_ - bytes());
    }
    template <class Number>
    Guarded(const std::vector<Number>& numbers, int shift) : Guarded(long(numbers.size()), shift) {
        for (long i = 0; i < count_; ++i) get()[i] = T(numbers[std::size_t(i)]);
    }
    ~Guarded() {
        open();
        std::free(memory_);
    }
    Guarded(const Guarded&) = delete;
    Guarded& operator=(const Guarded&) = delete;

    T* get() const { return memory_ == nullptr ? nullptr : reinterpret_cast<T*>(memory_ + front_); }

    std::vector<double> numbers() const { return std::vector<double>(get(), get() + count_); }

    bool same_bits(const Guarded& other) const {
        return count_ == other.count_ && (count_ == 0 || std::memcmp(get(), other.get(), bytes()) == 0);
    }

    // Whether the guard zones are as they were.
    bool intact() const {
        open();
        bool right = true;
        for (std::size_t i = 0; i < whole_; ++i)
            if (i < front_ || i >= front_ + bytes()) right = right && memory_[i] == 0xff;
        return right;
    }

  private:
    static constexpr std::size_t zone = 128;

    std::size_t bytes() const { return std::size_t(count_) * sizeof(T); }
    void open() const {
        if (memory_ != nullptr) ASAN_UNPOISON_MEMORY_REGION(memory_, whole_);
    }

    long count_;
    std::size_t front_, whole_ = 0;
    unsigned char* memory_ = nullptr;
};
