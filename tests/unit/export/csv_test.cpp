// CSV exports, to the byte.
#include <gtest/gtest.h>

#include "core/lab/row_text.h"
#include "tests/unit/export/figures.h"

namespace tessera::test {
namespace {

TEST(Csv, ScalarsAreAsTheRecorderWritesThem) {
  const auto figures = small_figures();
  const std::string csv = written(csv_files(figures), "scalars.csv");
  EXPECT_EQ(csv,
            "step,name,value\n"
            "0,alpha_entropy/layer0,0.5\n0,alpha_entropy/layer1,0.3333333333333333\n0,loss/total,2.5\n"
            "1,loss/total,2.5\n"
            "2,alpha_entropy/layer0,0.7\n2,alpha_entropy/layer1,0.3333333333333333\n2,loss/total,2.5\n"
            "4,alpha_entropy/layer0,0.9\n4,alpha_entropy/layer1,0.3333333333333333\n4,loss/total,nan\n");
  Snapshot snapshot;
  snapshot.description = figures->description;
  snapshot.series = figures->series;
  EXPECT_EQ(csv, scalars_csv(snapshot));
}

TEST(Csv, TheTableHasARowAStep) {
  EXPECT_EQ(written(csv_files(small_figures()), "table.csv"),
            "step,alpha_entropy/layer0,alpha_entropy/layer1,loss/total\n"
            "0,0.5,0.3333333333333333,2.5\n1,,,2.5\n2,0.7,0.3333333333333333,2.5\n4,0.9,0.3333333333333333,nan\n");
}

TEST(Csv, MatricesHaveTheirStepsAndLabels) {
  EXPECT_EQ(written(csv_files(small_figures()), "matrices/routing-layer1.csv"),
            "step,expert,cat,\"dog, small\",a<b>&c\n"
            "1,expert 0,0.125,0.5,0.375\n1,expert 1,,,\n4,expert 0,0,1,0.25\n4,expert 1,0.1,0.2,0.7\n");
}

TEST(Csv, ChangesAreTheTimeline) {
  EXPECT_EQ(written(csv_files(small_figures()), "changes.csv"),
            "step,parameter,value,ramp\n2,model.router.temperature,0.25,3\n");
}

TEST(Csv, ASnapshotsFiguresAreItsSeriesAndNewestMatrices) {
  EXPECT_EQ(figures_of(Snapshot()), nullptr);
  const auto small = small_figures();
  Snapshot snapshot;
  snapshot.description = small->description;
  snapshot.preset = small->preset;
  snapshot.timeline = std::make_shared<const std::vector<Intervention>>(small->timeline);
  snapshot.series = small->series;
  snapshot.matrices = {nullptr, nullptr, nullptr, small->frames[3][1]};
  const auto figures = figures_of(snapshot);
  for (const char* same : {"scalars.csv", "table.csv", "changes.csv"}) {
    EXPECT_EQ(written(csv_files(figures), same), written(csv_files(small), same)) << same;
  }
  EXPECT_EQ(written(csv_files(figures), "matrices/routing-layer1.csv"),
            "step,expert,cat,\"dog, small\",a<b>&c\n4,expert 0,0,1,0.25\n4,expert 1,0.1,0.2,0.7\n");
}

TEST(Csv, ASnapshotsHistoryGivesTheOlderMatrices) {
  const auto small = small_figures();
  const auto& frames = small->frames[3];
  Snapshot snapshot;
  snapshot.description = small->description;
  snapshot.preset = small->preset;
  snapshot.matrices = {nullptr, nullptr, nullptr, frames[1]};
  History history(4);
  history.append(3, frames[0]);
  snapshot.history = std::make_shared<const History>(history);
  EXPECT_EQ(figures_of(snapshot)->frames[3], frames);  // the newest is not in the history yet
  history.append(3, frames[1]);
  snapshot.history = std::make_shared<const History>(history);
  EXPECT_EQ(figures_of(snapshot)->frames[3], frames);  // it is: still once
}

}  // namespace
}  // namespace tessera::test
