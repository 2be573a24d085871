// Rows of `GET /api/v1/flows`: conversations, or sums of them, as JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "tools/flows/flow_book.h"
#include "tools/serve/question.h"

namespace capstan::serve {

// The first `question.limit` rows in the order that it names. Brings `all` into another order.
nlohmann::ordered_json flow_rows(std::vector<tools::Flow>& all, const Question& question);

}  // namespace capstan::serve
