// query and flows of a fleet: `GET /api/v1/query?fleet=NAME`, as `capstan query --fleet` answers.
#pragma once

#include "tools/serve/endpoints.h"

namespace capstan::serve {

// Requires: question.fleet. A name that no fleet has is answered with 404.
void answer_fleet_query(const Desk& desk, const Question& question, Answer& answer);
void answer_fleet_flows(const Desk& desk, const Question& question, Answer& answer);

}  // namespace capstan::serve
