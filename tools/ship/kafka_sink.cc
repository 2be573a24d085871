#include "tools/ship/kafka_sink.h"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <functional>
#include <mutex>
#include <optional>
#include <sstream>
#include <string_view>

#include "engine/core/clock.h"
#include "engine/core/errors.h"
#include "tools/common/secret_file.h"
#include "tools/common/units.h"

namespace capstan::fleet {

namespace {

// How long one call of librdkafka waits, and all of a step together.
constexpr int kSliceMs = 200;
constexpr std::uint64_t kStepNs = 60 * kNanosecondsPerSecond;

struct ErrorEnd {
  void operator()(rd_kafka_error_t* error) const noexcept { ::rd_kafka_error_destroy(error); }
};
using Error = std::unique_ptr<rd_kafka_error_t, ErrorEnd>;

struct ListEnd {
  void operator()(rd_kafka_topic_partition_list_t* list) const noexcept {
    ::rd_kafka_topic_partition_list_destroy(list);
  }
};
using List = std::unique_ptr<rd_kafka_topic_partition_list_t, ListEnd>;

// Messages about the connection, the latest of which explains a time-out.
struct LastWord {
  std::mutex mutex;
  std::string text;

  void set(std::string said) {
    const std::lock_guard<std::mutex> lock(mutex);
    text = std::move(said);
  }
  std::string get() {
    const std::lock_guard<std::mutex> lock(mutex);
    return text;
  }
};

void on_error(rd_kafka_t* /*handle*/, int /*code*/, const char* reason, void* word) {
  static_cast<LastWord*>(word)->set(reason);
}
// librdkafka's own log goes to standard error otherwise.
void on_log(const rd_kafka_t* /*handle*/, int /*level*/, const char* /*facility*/,
            const char* /*text*/) {}

bool needs_a_person(rd_kafka_resp_err_t code) noexcept {
  return code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
         code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED ||
         code == RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED ||
         code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED ||
         code == RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED ||
         code == RD_KAFKA_RESP_ERR__AUTHENTICATION || code == RD_KAFKA_RESP_ERR__SSL ||
         code == RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION;
}

}  // namespace

class KafkaSink::Handles {
 public:
  Handles(const KafkaOptions& options, const std::string& group) {
    producer = make(RD_KAFKA_PRODUCER, options,
                    {{"transactional.id", group},
                     {"enable.idempotence", "true"},
                     {"linger.ms", "50"},
                     {"compression.codec", "zstd"},
                     {"queue.buffering.max.messages", "2000000"},
                     {"queue.buffering.max.kbytes", "1048576"}});
    asker = make(RD_KAFKA_CONSUMER, options,
                 {{"group.id", group},
                  {"enable.auto.commit", "false"},
                  {"isolation.level", "read_committed"}});
    metadata = ::rd_kafka_consumer_group_metadata_new(group.c_str());
    topic = ::rd_kafka_topic_new(producer, options.topic.c_str(), nullptr);
  }
  ~Handles() {
    if (topic != nullptr) ::rd_kafka_topic_destroy(topic);
    if (metadata != nullptr) ::rd_kafka_consumer_group_metadata_destroy(metadata);
    // Without waiting for what is not delivered: it is sent again.
    for (rd_kafka_t* handle : {producer, asker}) {
      if (handle == nullptr) continue;
      ::rd_kafka_purge(handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
      ::rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    }
  }
  Handles(const Handles&) = delete;
  Handles& operator=(const Handles&) = delete;

  Answer answer_of(const rd_kafka_error_t* error, const std::string& brokers, const char* what) {
    const rd_kafka_resp_err_t code = ::rd_kafka_error_code(error);
    std::string text = fmt::format("{}: {}: {}", brokers, what,
                                   tools::visible_text(::rd_kafka_error_string(error)));
    if (const std::string word = last_word.get(); !word.empty()) {
      text += fmt::format(" ({})", tools::visible_text(word));
    }
    return needs_a_person(code) ? Answer::refused(std::move(text)) : Answer::later(std::move(text));
  }

  LastWord last_word;
  rd_kafka_t* producer = nullptr;
  rd_kafka_t* asker = nullptr;
  rd_kafka_consumer_group_metadata_t* metadata = nullptr;
  rd_kafka_topic_t* topic = nullptr;

 private:
  using Pairs = std::vector<std::pair<std::string, std::string>>;

  rd_kafka_t* make(rd_kafka_type_t type, const KafkaOptions& options, const Pairs& own) {
    rd_kafka_conf_t* const conf = ::rd_kafka_conf_new();
    char problem[256] = {};
    const auto set = [&](const std::string& name, const std::string& value) {
      return ::rd_kafka_conf_set(conf, name.c_str(), value.c_str(), problem, sizeof(problem)) ==
             RD_KAFKA_CONF_OK;
    };
    bool good = set("bootstrap.servers", options.brokers) && set("client.id", "capstan");
    for (const auto& [name, value] : own) good = good && set(name, value);
    for (const auto& [name, value] : options.configuration) {
      // Options of producers alone are none of a consumer's, and the other way round.
      if (!set(name, value) && type == RD_KAFKA_PRODUCER) good = false;
    }
    if (!good) {
      ::rd_kafka_conf_destroy(conf);
      throw UsageError(fmt::format("--kafka-config: {}", tools::visible_text(problem)));
    }
    ::rd_kafka_conf_set_opaque(conf, &last_word);
    ::rd_kafka_conf_set_error_cb(conf, &on_error);
    ::rd_kafka_conf_set_log_cb(conf, &on_log);
    rd_kafka_t* const handle = ::rd_kafka_new(type, conf, problem, sizeof(problem));
    if (handle == nullptr) {
      ::rd_kafka_conf_destroy(conf);
      throw UsageError(fmt::format("librdkafka: {}", tools::visible_text(problem)));
    }
    return handle;
  }
};

std::vector<std::pair<std::string, std::string>> read_kafka_config(const std::string& path) {
  std::istringstream file(tools::read_secret("--kafka-config", path));
  std::vector<std::pair<std::string, std::string>> pairs;
  std::string line;
  for (unsigned number = 1; std::getline(file, line); ++number) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty() || line.front() == '#') continue;
    const std::size_t equals = line.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw UsageError(fmt::format("--kafka-config {}: line {} is not NAME=VALUE", path, number));
    }
    pairs.emplace_back(line.substr(0, equals), line.substr(equals + 1));
  }
  return pairs;
}

KafkaSink::KafkaSink(KafkaOptions options, ShipState& state, const std::atomic<bool>& stop)
    : options_(std::move(options)),
      state_(state),
      stop_(stop),
      group_("capstan-ship-" + options_.instance) {}

KafkaSink::~KafkaSink() = default;

namespace {

// Repeats a call that may be gone on with after its time is over, until it is done, fails, `stop`,
// or the step takes too long.
Error repeated(const std::atomic<bool>& stop, const std::function<rd_kafka_error_t*(int)>& call) {
  const std::uint64_t end_ns = monotonic_clock_ns() + kStepNs;
  while (true) {
    Error error(call(kSliceMs));
    if (!error || ::rd_kafka_error_is_retriable(error.get()) == 0 ||
        stop.load(std::memory_order_relaxed) || monotonic_clock_ns() > end_ns) {
      return error;
    }
  }
}

}  // namespace

Answer KafkaSink::open() {
  handles_.reset();
  handles_ = std::make_unique<Handles>(options_, group_);
  rd_kafka_t* const producer = handles_->producer;
  const Error error =
      repeated(stop_, [producer](int ms) { return ::rd_kafka_init_transactions(producer, ms); });
  if (error) return handles_->answer_of(error.get(), options_.brokers, "begin");
  return {};
}

Answer KafkaSink::committed(std::optional<std::uint64_t>& count) {
  const List list(::rd_kafka_topic_partition_list_new(1));
  ::rd_kafka_topic_partition_list_add(list.get(), options_.topic.c_str(), 0);
  const Error error = repeated(stop_, [&](int ms) -> rd_kafka_error_t* {
    ::rd_kafka_poll(handles_->asker, 0);
    // The longest of its waits: for a coordinator, which takes a moment after the start.
    const rd_kafka_resp_err_t code = ::rd_kafka_committed(handles_->asker, list.get(), 10 * ms);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return nullptr;
    return ::rd_kafka_error_new(code, "%s", ::rd_kafka_err2str(code));
  });
  if (error) return handles_->answer_of(error.get(), options_.brokers, "ask for what is there");
  const rd_kafka_topic_partition_t& one = list->elems[0];
  if (one.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return Answer::later(fmt::format("{}: ask for what is there: {}", options_.brokers,
                                     ::rd_kafka_err2str(one.err)));
  }
  if (one.offset >= 0) count = static_cast<std::uint64_t>(one.offset);
  return {};
}

Answer KafkaSink::settle(const Spool& spool, std::uint64_t& batches) {
  std::optional<std::uint64_t> count;
  if (Answer answer = committed(count); !answer.done()) return answer;
  if (!count) {
    // Nothing was ever sent, or a week ago: brokers forget offsets of groups without members
    // (offsets.retention.minutes). The state has been saved since.
    batches = state_.current->next;
    return {};
  }
  const std::uint64_t before = state_.sink_position;
  if (*count < before || *count - before > spool.batches().size()) {
    return Answer::refused(fmt::format(
        "{}: the consumer group {} says that {} batches were sent, and the state {} that {} were: "
        "somebody has changed the group's offset",
        options_.brokers, group_, *count, state_.path(), before));
  }
  batches = *count - before;
  return {};
}

void KafkaSink::finished(const Spool& spool) { state_.sink_position += spool.batches().size(); }

// The group's offset counts the batches of the file that were sent: the next file's begin behind.
Answer KafkaSink::given_up() {
  std::optional<std::uint64_t> count;
  if (Answer answer = committed(count); !answer.done()) return answer;
  const std::uint64_t known = state_.sink_position + state_.current->next;
  state_.sink_position = std::max(known, count.value_or(known));
  return {};
}

// Each with a key that no other line has, and that it has again if it is sent again.
Answer KafkaSink::send_lines(std::span<const std::uint8_t> bytes, std::uint64_t file,
                             std::uint64_t number) {
  std::string_view rest(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  for (std::uint64_t line = 0; !rest.empty(); ++line) {
    const std::string_view text = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(text.size() + 1);
    const std::string key = fmt::format("{:016x}:{}:{}", file, number, line);
    // It is copied.
    void* const payload = const_cast<char*>(text.data());  // NOLINT
    while (::rd_kafka_produce(handles_->topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, payload,
                              text.size(), key.data(), key.size(), nullptr) != 0) {
      const rd_kafka_resp_err_t code = ::rd_kafka_last_error();
      if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL || stop_.load(std::memory_order_relaxed)) {
        return Answer::later(
            fmt::format("{}: send: {}", options_.brokers, ::rd_kafka_err2str(code)));
      }
      ::rd_kafka_poll(handles_->producer, kSliceMs);
    }
  }
  return {};
}

Answer KafkaSink::put(const Spool& spool, std::uint64_t number) {
  rd_kafka_t* const producer = handles_->producer;
  const std::vector<std::uint8_t> bytes = spool.read(spool.batches()[number]);
  if (const Error error(::rd_kafka_begin_transaction(producer)); error) {
    return handles_->answer_of(error.get(), options_.brokers, "begin a batch");
  }
  if (Answer answer = send_lines(bytes, spool.file(), number); !answer.done()) return answer;
  const List list(::rd_kafka_topic_partition_list_new(1));
  ::rd_kafka_topic_partition_list_add(list.get(), options_.topic.c_str(), 0)->offset =
      static_cast<std::int64_t>(state_.sink_position + number + 1);
  Error error = repeated(stop_, [&](int ms) {
    return ::rd_kafka_send_offsets_to_transaction(producer, list.get(), handles_->metadata, ms);
  });
  if (!error) {
    error =
        repeated(stop_, [producer](int ms) { return ::rd_kafka_commit_transaction(producer, ms); });
  }
  if (error) return handles_->answer_of(error.get(), options_.brokers, "end a batch");
  return {};
}

}  // namespace capstan::fleet
