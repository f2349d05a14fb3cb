// description.json: it comes back as it was written, and what a stranger may have put into it is looked at.
#include <gtest/gtest.h>

#include "core/lab/description_json.h"

namespace tessera::test {
namespace {

Description described(const std::string& metric) {
  Description description;
  description.layers = 1;
  description.layer_names = {"layer 0"};
  description.experts = {2};
  description.device = "CPU";
  MetricSpec spec;
  spec.name = metric;
  spec.family = "loss";
  description.metrics = {spec};
  return description;
}

std::string problem(const std::string& metric) {
  const auto read = read_description(write_description(described(metric)), "x.json");
  return read ? "" : read.problems.at(0).text();
}

TEST(DescriptionJson, ComesBack) {
  const std::string text = write_description(described("loss/total"));
  const auto read = read_description(text, "x.json");
  ASSERT_TRUE(read) << read.problems[0].text();
  EXPECT_EQ(write_description(*read.value), text);
}

TEST(DescriptionJson, NamesOfMetricsLeadNowhere) {
  for (const char* name : {"loss/total", "overlap/layer2", "a.b-c_d"}) EXPECT_EQ(problem(name), "");
  for (const char* name : {"", "..", "../../x", "/etc/passwd", "a/../b", "a b", "a\nb", "\033[31m", "a,b"}) {
    EXPECT_NE(problem(name).find("x.json: metrics[0].name: \""), std::string::npos) << name << ": " << problem(name);
  }
}

}  // namespace
}  // namespace tessera::test
