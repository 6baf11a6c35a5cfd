#include "ostinato/buffers.h"

#include <pthread.h>

#include <bit>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <new>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) static_cast<void>(size)
#define ASAN_UNPOISON_MEMORY_REGION(address, size) static_cast<void>(size)
#endif

namespace ostinato {
namespace {

constexpr std::size_t alignment = 64;
// Smaller ones are left to malloc, which is quick with them.
constexpr std::size_t smallest_kept = 4096;
constexpr std::size_t classes = 8 * 64;

struct Buffer;

// A place in a list whose first member is the newest.
struct Links {
    Buffer* newer = nullptr;
    Buffer* older = nullptr;
};

// What stands before the bytes that the caller sees. While a buffer is idle it is in two lists: of all that are
// idle, and of those of its size.
struct alignas(alignment) Buffer {
    std::size_t size;
    Links all;
    Links same;
};
static_assert(sizeof(Buffer) == alignment);

template <Links Buffer::*links>
struct List {
    Buffer* newest = nullptr;
    Buffer* oldest = nullptr;

    void add(Buffer* buffer) {
        (buffer->*links) = {nullptr, newest};
        (newest ? (newest->*links).newer : oldest) = buffer;
        newest = buffer;
    }

    void remove(Buffer* buffer) {
        const auto [newer, older] = buffer->*links;
        (newer ? (newer->*links).older : newest) = older;
        (older ? (older->*links).newer : oldest) = newer;
    }
};

// Eight classes between a power of two and the next.
std::size_t step(std::size_t bytes) { return std::bit_floor(bytes) / 8; }

std::size_t rounded(std::size_t bytes) {
    if (bytes < smallest_kept) return bytes;
    if (bytes > SIZE_MAX / 2) throw std::bad_alloc();
    return (bytes + step(bytes) - 1) / step(bytes) * step(bytes);
}

std::size_t class_of(std::size_t size) { return std::countr_zero(std::bit_floor(size)) * 8 + size / step(size) - 8; }

struct Idle {
    std::mutex mutex;
    std::size_t bytes = 0;
    List<&Buffer::all> all;
    List<&Buffer::same> by_class[classes];

    void add(Buffer* buffer) {
        all.add(buffer);
        by_class[class_of(buffer->size)].add(buffer);
        bytes += buffer->size;
        ASAN_POISON_MEMORY_REGION(buffer + 1, buffer->size);
    }

    void remove(Buffer* buffer) {
        ASAN_UNPOISON_MEMORY_REGION(buffer + 1, buffer->size);
        all.remove(buffer);
        by_class[class_of(buffer->size)].remove(buffer);
        bytes -= buffer->size;
    }

    // Take out the one of this size whose bytes are most likely to be still in a cache.
    Buffer* newest(std::size_t size) {
        Buffer* buffer = by_class[class_of(size)].newest;
        if (buffer != nullptr) remove(buffer);
        return buffer;
    }

    void shrink(std::size_t limit) {
        while (bytes > limit) {
            Buffer* buffer = all.oldest;
            remove(buffer);
            std::free(buffer);
        }
    }
};

// Never destroyed, so that it serves whoever ends after us.
constinit Idle idle;

// A child of a fork that happened while another thread held the mutex would wait for it for ever.
[[maybe_unused]] const int watching_forks =
    pthread_atfork([] { idle.mutex.lock(); }, [] { idle.mutex.unlock(); }, [] { idle.mutex.unlock(); });

Buffer* reused(std::size_t size) {
    if (size < smallest_kept) return nullptr;
    const std::lock_guard lock(idle.mutex);
    return idle.newest(size);
}

Buffer* fresh(std::size_t size) {
    const std::size_t whole = (sizeof(Buffer) + size + alignment - 1) / alignment * alignment;
    void* memory = std::aligned_alloc(alignment, whole);
    if (memory == nullptr) {
        release();
        memory = std::aligned_alloc(alignment, whole);
    }
    if (memory == nullptr) throw std::bad_alloc();
    return new (memory) Buffer{.size = size, .all = {}, .same = {}};
}

}  // namespace

void* take(std::size_t bytes) {
    const std::size_t size = rounded(bytes);
    Buffer* buffer = reused(size);
    if (buffer == nullptr) buffer = fresh(size);
    // what the size's class adds is nobody's
    ASAN_POISON_MEMORY_REGION(reinterpret_cast<char*>(buffer + 1) + bytes, size - bytes);
    return buffer + 1;
}

void give(void* memory) noexcept {
    if (memory == nullptr) return;
    Buffer* buffer = static_cast<Buffer*>(memory) - 1;
    ASAN_UNPOISON_MEMORY_REGION(memory, buffer->size);
    if (buffer->size < smallest_kept) return std::free(buffer);
    const std::lock_guard lock(idle.mutex);
    idle.add(buffer);
    idle.shrink(idle_limit);
}

std::size_t idle_bytes() noexcept {
    const std::lock_guard lock(idle.mutex);
    return idle.bytes;
}

void release() noexcept {
    const std::lock_guard lock(idle.mutex);
    idle.shrink(0);
}

}  // namespace ostinato
