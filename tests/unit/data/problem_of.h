// The first complaint of a reader that refuses its input.
#pragma once

#include <gtest/gtest.h>

#include "core/lab/problem.h"

namespace tessera::test {

template <class Action>
Problem problem_of(const Action& action) {
  try {
    action();
  } catch (const InputError& error) {
    return error.problems().at(0);
  }
  ADD_FAILURE() << "no InputError";
  return {};
}

}  // namespace tessera::test
