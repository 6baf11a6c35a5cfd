// The class `_native.Chain`, which python/chain.cc binds.
#pragma once

#include <nanobind/nanobind.h>

void bind_chain(nanobind::module_& m);
