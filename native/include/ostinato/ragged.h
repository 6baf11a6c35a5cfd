// Where the rows of a ragged batch stand, seen by a part that passes over its steps in its direction's order.
#pragma once

#include "ostinato/plan.h"

namespace ostinato::OSTINATO_LEVEL {

// Vectors of activations a unit vector and row that are saved.
template <class Cell>
constexpr long kept_vectors(Keep keep) {
    if (keep == Keep::nothing || Cell::kept == 0) return 0;
    return keep == Keep::all ? Cell::kept : Cell::has_cell ? 1 : 0;
}

template <class Real>
class Ragged {
  public:
    explicit Ragged(const Shape& shape) : shape_(shape), offsets_(shape.steps + 1) {
        offsets_[0] = 0;
        for (long t = 0; t < shape.steps; ++t) offsets_[t + 1] = offsets_[t] + shape.batch_sizes[t];
    }

    // The step that a direction passes over at its pass.
    long step(int direction, long pass) const { return direction == 0 ? pass : shape_.steps - 1 - pass; }

    // How many of a part's sequences have that step; they are its first ones.
    long active(const Part& part, long pass) const {
        const long count = shape_.batch_sizes[step(part.direction, pass)];
        return larger(0, smaller(count, part.last) - part.first);
    }

    // The first row of a part at a pass.
    long row(const Part& part, long pass) const { return offsets_[step(part.direction, pass)] + part.first; }

    // Writes a pointer to each row's input, (·, width), for passes `pass` … `end` - 1; returns how many.
    template <class Number>
    long pointers(const Part& part, long pass, long end, Number* input, long width, Number** to) const {
        long count = 0;
        for (; pass < end; ++pass) {
            Number* from = input + row(part, pass) * width;
            const long rows = active(part, pass);
            for (long i = 0; i < rows; ++i, from += width) to[count++] = from;
        }
        return count;
    }

    // Whether a sequence's state is zero before a pass. In reverse, the step passed before is the one after which,
    // seen in time, the state restarts.
    bool restarts(const std::uint8_t* resets, const Part& part, long pass, long sequence) const {
        if (resets == nullptr) return false;
        if (part.direction == 0) return resets[row(part, pass) + sequence] != 0;
        return pass > 0 && sequence < active(part, pass - 1) && resets[row(part, pass - 1) + sequence] != 0;
    }

    // Where the saved vectors of a part's first row at a pass and block stand; its rows follow each other.
    // `vectors` are saved a row and unit vector, for `blocks` blocks.
    long saved(const Part& part, long pass, long block, long blocks, long vectors) const {
        const long t = step(part.direction, pass);
        const long rows = (part.direction * shape_.rows + offsets_[t]) * blocks + block * shape_.batch_sizes[t];
        return (rows + part.first) * vectors * lanes<Real>;
    }

  private:
    const Shape shape_;
    Array<long> offsets_;
};

}  // namespace ostinato::OSTINATO_LEVEL
