// What SQS reads out of texts from outside: queue URLs and ARNs, receipt handles, attributes of messages and
// queues, redrive policies.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "services/sqs/attributes.h"
#include "services/sqs/message_attributes.h"
#include "services/sqs/queue_url.h"
#include "services/sqs/receipt_handle.h"

namespace {

using namespace martlet::sqs;

void read_names(const std::string& text) {
  static_cast<void>(queue_of_arn(std::string_view(text)));
  const auto address = parse_queue_url(text);
  if (address && address->name.empty()) std::abort();
  // Nobody can make a handle without the secret.
  if (read_receipt_handle(text, "a secret of 16 b")) std::abort();
}

void read_message_attributes(const std::string& name, const std::string& type, const std::string& value) {
  MessageAttributeValue attribute;
  attribute.data_type = type;
  attribute.string_value = value;
  attribute.binary_value = value;
  try {
    const Attributes checked = checked_attributes({{name, attribute}});
    if (md5_of_attributes(checked).size() != 32 || select(checked, {name}).size() != 1) std::abort();
  } catch (const martlet::aws::Error&) {
    // refused, as it should be
  }
}

void set_attribute(const std::string& name, const std::string& value, bool fifo) {
  QueueRecord queue;
  queue.fifo = fifo;
  try {
    apply_attributes(queue.attributes, {{name, value}}, fifo);
  } catch (const martlet::aws::Error&) {
    return;
  }
  // What was taken can be used.
  static_cast<void>(settings_of(queue));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  read_names(text);
  const std::size_t first = text.find('\n');
  if (first == std::string::npos) return 0;
  const std::size_t second = std::min(text.find('\n', first + 1), text.size());
  const std::string name = text.substr(0, first);
  const std::string type = text.substr(first + 1, second - first - 1);
  read_message_attributes(name, type, text.substr(std::min(second + 1, text.size())));
  set_attribute(name, text.substr(first + 1), size % 2 == 0);
  return 0;
}
