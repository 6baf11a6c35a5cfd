// The class `_native.Stack`, which python/stack.cc binds.
#pragma once

#include <nanobind/nanobind.h>

void bind_stack(nanobind::module_& m);
