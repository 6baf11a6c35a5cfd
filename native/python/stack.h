// The class `_native.Stack`, which python/stack.cc binds.
#pragma once

#include <nanobind/nanobind.h>

#include <memory>

#include "ostinato/stack.h"

void bind_stack(nanobind::module_& m);

// The packed weights of a Stack of float32.
std::shared_ptr<const ostinato::PackedStack<float>> packed_layers(nanobind::handle stack);
