// What an experiment measures: names for the axes of its metrics, and which of them it has.
#pragma once

#include "core/data/groups.h"
#include "core/learn/continual_parameters.h"
#include "core/learn/regulator_parameters.h"
#include "core/measure/measure_parameters.h"
#include "core/measure/metrics.h"
#include "core/moe/model.h"
#include "core/tasks/task.h"

namespace tessera {

Subject subject_of(const Model& model, const TaskOutline& task, const Groups& groups,
                   const RegulatorParameters& regulation, const ContinualParameters& continual,
                   const MeasureParameters& measure);

}  // namespace tessera
