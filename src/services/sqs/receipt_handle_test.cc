#include "services/sqs/receipt_handle.h"

#include <gtest/gtest.h>

namespace martlet::sqs {

namespace {

const std::string kSecret = "sixteen bytes...";

ReceiptHandle sample(std::uint64_t sequence) {
  return {.receipt = {.sequence = sequence, .due_ms = 1'714'521'600'000, .lease = 0xfedcba9876543210},
          .received_ms = 1'714'521'570'000};
}

TEST(ReceiptHandle, ComesBackAsItWas) {
  const auto read = read_receipt_handle(write_receipt_handle(sample(17), kSecret), kSecret);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->receipt.sequence, 17U);
  EXPECT_EQ(read->receipt.due_ms, 1'714'521'600'000);
  EXPECT_EQ(read->receipt.lease, 0xfedcba9876543210U);
  EXPECT_EQ(read->received_ms, 1'714'521'570'000);
}

TEST(ReceiptHandle, IsOfNoUseElsewhere) {
  EXPECT_FALSE(read_receipt_handle(write_receipt_handle(sample(17), kSecret), "another secret.."));
}

TEST(ReceiptHandle, CannotBeChanged) {
  const std::string handle = write_receipt_handle(sample(17), kSecret);
  for (std::size_t i = 0; i < handle.size(); ++i) {
    std::string changed = handle;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(read_receipt_handle(changed, kSecret)) << i;
  }
  for (const std::string& text : {std::string(), std::string("AQEB"), handle + "AAAA", handle.substr(4)})
    EXPECT_FALSE(read_receipt_handle(text, kSecret)) << text;
}

TEST(ReceiptHandle, HidesWhatItSays) {
  // Neighbours have nothing in common that could be read off them.
  const std::string a = write_receipt_handle(sample(1), kSecret);
  const std::string b = write_receipt_handle(sample(2), kSecret);
  EXPECT_NE(a.substr(0, 8), b.substr(0, 8));
  EXPECT_NE(a.substr(24, 8), b.substr(24, 8));
}

}  // namespace

}  // namespace martlet::sqs
