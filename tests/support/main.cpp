// main() of the GoogleTest programs. `--file=NAME` runs the tests of one source file, which is how CTest calls it: one
// entry a file. A run in which a test was skipped, and none failed, exits 77, so that CTest says "Skipped", not
// "Passed".
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>

namespace {

constexpr int kSkipped = 77;  // SKIP_RETURN_CODE in tests/CMakeLists.txt

// GoogleTest's filter for all tests of a source file, "A.x:A.y"; empty when the file has none.
std::string filter_of_file(std::string_view name) {
  std::string filter;
  const auto& all = *testing::UnitTest::GetInstance();
  for (int s = 0; s < all.total_test_suite_count(); ++s) {
    const auto& suite = *all.GetTestSuite(s);
    for (int t = 0; t < suite.total_test_count(); ++t) {
      const auto& test = *suite.GetTestInfo(t);
      if (std::filesystem::path(test.file()).filename() == name) {
        filter += std::string(filter.empty() ? "" : ":") + suite.name() + "." + test.name();
      }
    }
  }
  return filter;
}

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (!argument.starts_with("--file=")) continue;
    const auto filter = filter_of_file(argument.substr(7));
    if (filter.empty()) {
      std::fprintf(stderr, "no tests in %s\n", argv[i] + 7);
      return 1;
    }
    testing::GTEST_FLAG(filter) = filter;
  }
  const int result = RUN_ALL_TESTS();
  const bool skipped = testing::UnitTest::GetInstance()->skipped_test_count() > 0;
  return result == 0 && skipped ? kSkipped : result;
}
