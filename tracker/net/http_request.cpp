#include "net/http_request.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/http/status.hpp>
#include <limits>

namespace bazaar::tracker::net {

namespace http = boost::beast::http;

namespace {

boost::beast::string_view beast(std::string_view text) { return {text.data(), text.size()}; }
std::string_view standard(boost::beast::string_view text) { return {text.data(), text.size()}; }

}  // namespace

struct HttpRequest::Parsed {
  http::request_parser<http::empty_body> parser;
};

HttpRequest::HttpRequest() : parsed_(std::make_unique<Parsed>()) {}
HttpRequest::~HttpRequest() = default;

std::unique_ptr<HttpRequest> HttpRequest::parse(std::string_view head) {
  std::unique_ptr<HttpRequest> request(new HttpRequest());
  auto& parser = request->parsed_->parser;
  parser.header_limit(std::numeric_limits<std::uint32_t>::max());  // the loop has its own cap
  parser.skip(true);                                               // a body is not read, whatever is announced
  boost::beast::error_code error;
  parser.put(boost::asio::const_buffer(head.data(), head.size()), error);
  if (error || !parser.is_header_done()) return nullptr;
  const auto& message = parser.get();
  request->method = standard(message.method_string());
  request->target = standard(message.target());
  return request;
}

std::optional<std::string_view> HttpRequest::header(std::string_view name) const {
  const auto& message = parsed_->parser.get();
  const auto found = message.find(beast(name));
  if (found == message.end()) return std::nullopt;
  return standard(found->value());
}

std::string HttpRequest::joined(std::string_view name) const {
  std::string all;
  const auto range = parsed_->parser.get().equal_range(beast(name));
  for (auto line = range.first; line != range.second; ++line) {
    if (!all.empty()) all += ',';
    all += standard(line->value());
  }
  return all;
}

bool HttpRequest::has_token(std::string_view name, std::string_view token) const {
  const std::string all = joined(name);
  return http::token_list(beast(all)).exists(beast(token));
}

bool HttpRequest::is_http_1_1() const { return parsed_->parser.get().version() == 11; }

std::string http_text(const HttpAnswer& answer, bool with_body, std::string_view more_headers) {
  const auto phrase = http::obsolete_reason(http::int_to_status(static_cast<unsigned>(answer.status)));
  std::string text = "HTTP/1.1 " + std::to_string(answer.status) + " ";
  text += standard(phrase);
  text += "\r\nContent-Type: " + answer.content_type + "\r\nContent-Length: " + std::to_string(answer.body.size());
  if (answer.retry_after_s > 0) text += "\r\nRetry-After: " + std::to_string(answer.retry_after_s);
  text += "\r\nCache-Control: no-store\r\nConnection: close\r\n";
  text += more_headers;
  text += "\r\n";
  if (with_body) text += answer.body;
  return text;
}

}  // namespace bazaar::tracker::net
