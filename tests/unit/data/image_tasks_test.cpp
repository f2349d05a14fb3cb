#include "core/data/image_tasks.h"

#include <gtest/gtest.h>

namespace tessera {
namespace {

TEST(ImageTasks, AreReadFromAList) {
  const auto tasks = image_tasks(" fashion-mnist,mnist parity ,  fashion-mnist>=5, kmnist >= 1");
  ASSERT_TRUE(tasks);
  const auto& t = *tasks.value;
  ASSERT_EQ(t.size(), 4u);
  EXPECT_EQ(t[0], (ImageTask{"fashion-mnist", "fashion-mnist", ImageTask::Asks::its_class, 0}));
  EXPECT_EQ(t[1], (ImageTask{"mnist parity", "mnist", ImageTask::Asks::parity, 0}));
  EXPECT_EQ(t[2], (ImageTask{"fashion-mnist>=5", "fashion-mnist", ImageTask::Asks::at_least, 5}));
  EXPECT_EQ(t[3], (ImageTask{"kmnist >= 1", "kmnist", ImageTask::Asks::at_least, 1}));
}

TEST(ImageTasks, KnowTheirAnswers) {
  const ImageTask its_class, parity{"", "", ImageTask::Asks::parity, 0}, large{"", "", ImageTask::Asks::at_least, 5};
  for (int c = 0; c < 10; ++c) {
    EXPECT_EQ(its_class.answer(c), c);
    EXPECT_EQ(parity.answer(c), c == 1 || c == 3 || c == 5 || c == 7 || c == 9);
    EXPECT_EQ(large.answer(c), c > 4);
  }
  EXPECT_EQ(its_class.answers(10), 10);
  EXPECT_EQ(parity.answers(10), 2);
}

TEST(ImageTasks, RefusesWhatIsNoListOfTasks) {
  std::string many = "mnist";
  for (const char* name : {"mnist", "kmnist"}) {
    for (int least = 1; least < 10; ++least) many += ", " + std::string(name) + " >= " + std::to_string(least);
  }
  for (const std::string text :
       {"", "mnist", "mnist,", "mnist, mnist", "mnist >= 5, mnist>=5", "mnist, cifar", "mnist, mnist odd",
        "mnist, mnist >= 0", "mnist, mnist >= 10", "mnist, mnist >=", "mnist, mnistparity", many.c_str()}) {
    const auto tasks = image_tasks(text);
    ASSERT_FALSE(tasks) << text;
    EXPECT_EQ(tasks.problems[0].where, "task.multitask.tasks");
    EXPECT_NE(tasks.problems[0].allowed.find("kmnist"), std::string::npos);
  }
}

}  // namespace
}  // namespace tessera
