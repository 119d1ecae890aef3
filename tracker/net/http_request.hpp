// One HTTP/1.1 request head, and answers to it.
// Boost.Beast parses and knows the phrases; nothing of it shows here, so that one file pays for compiling it. It lives
// for the call that handles it. Invariant: what parse() returns is a syntactically valid request.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/handler.hpp"

namespace bazaar::tracker::net {

class HttpRequest final : public Request {
 public:
  /// `head` is everything up to and with the empty line; nothing when it is not HTTP/1.1 (or 1.0).
  static std::unique_ptr<HttpRequest> parse(std::string_view head);
  ~HttpRequest() override;

  std::optional<std::string_view> header(std::string_view name) const override;
  /// All lines of a header, joined with commas.
  std::string joined(std::string_view name) const;
  /// Whether one of the comma-separated tokens of a header is `token`, in either case.
  bool has_token(std::string_view name, std::string_view token) const;
  bool is_http_1_1() const;

 private:
  struct Parsed;
  HttpRequest();
  std::unique_ptr<Parsed> parsed_;
};

/// The bytes of an answer after which the connection is closed. `more_headers` are whole lines.
std::string http_text(const HttpAnswer& answer, bool with_body, std::string_view more_headers = {});

}  // namespace bazaar::tracker::net
