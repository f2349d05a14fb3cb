// See http.h.
#include "core/download/http.h"

#include <curl/curl.h>

#include <cstdio>
#include <exception>
#include <memory>
#include <new>
#include <stdexcept>

#include "core/download/output_file.h"
#include "core/lab/build_info.h"

namespace tessera {
namespace {

constexpr long patience_s = 60;  // without a byte
constexpr long only_a_part = 206, nothing_behind = 416;

class Transfer {
 public:
  Transfer(const std::string& url, const std::filesystem::path& part, std::int64_t bytes, const Watch& watch)
      : url_(url),
        part_(part),
        expected_(bytes),
        file_(part, OutputFile::Opening::go_on),
        had_(file_.bytes()),
        watch_(watch),
        curl_(curl_easy_init(), curl_easy_cleanup) {
    if (!curl_) throw std::bad_alloc();
  }

  bool run() {
    set_up();
    const CURLcode code = curl_easy_perform(curl_.get());
    if (thrown_) std::rethrow_exception(thrown_);  // libcurl's C code can't be thrown through
    if (code == CURLE_ABORTED_BY_CALLBACK) return false;
    const bool had_all = code == CURLE_HTTP_RETURNED_ERROR && had_ > 0 && answer() == nothing_behind;
    if (code != CURLE_OK && !had_all) fail(reason(code));
    if (code == CURLE_OK && !begun_) begin(0);
    if (code == CURLE_OK && announced() < 0 && file_.bytes() < expected_) {  // libcurl can't know that it was cut off
      fail("the server ends at " + size_text(file_.bytes()) + " of " + size_text(expected_));
    }
    file_.sync();
    return true;
  }

 private:
  template <class Value>
  void set(CURLoption option, Value value) {
    if (curl_easy_setopt(curl_.get(), option, value) != CURLE_OK) throw std::runtime_error("libcurl lacks an option");
  }

  void set_up() {
    const bool safe = url_.starts_with("https:");
    const std::string agent = "tessera/" + std::string(version());
    set(CURLOPT_URL, url_.c_str());
    set(CURLOPT_USERAGENT, agent.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_REDIR_PROTOCOLS_STR, safe ? "https" : "http,https");
    set(CURLOPT_FOLLOWLOCATION, 1L);
    set(CURLOPT_MAXREDIRS, 10L);
    set(CURLOPT_FAILONERROR, 1L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_CONNECTTIMEOUT, 30L);
    set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(CURLOPT_LOW_SPEED_TIME, patience_s);
    // Not CURLOPT_RESUME_FROM: that fails where a server sends the whole file instead.
    const std::string range = std::to_string(had_) + "-";
    if (had_ > 0) set(CURLOPT_RANGE, range.c_str());
    set(CURLOPT_ERRORBUFFER, reason_);
    set(CURLOPT_WRITEFUNCTION, &Transfer::take);
    set(CURLOPT_WRITEDATA, static_cast<void*>(this));
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &Transfer::look);
    set(CURLOPT_XFERINFODATA, static_cast<void*>(this));
  }

  long answer() const {
    long code = 0;
    curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &code);
    return code;
  }

  // Bytes that the answer is to have; below 0: it doesn't say.
  std::int64_t announced() const {
    curl_off_t bytes = -1;
    curl_easy_getinfo(curl_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &bytes);
    return bytes;
  }

  static std::size_t take(char* data, std::size_t size, std::size_t count, void* self) {
    Transfer& transfer = *static_cast<Transfer*>(self);
    return transfer.guarded([&] { transfer.append({data, size * count}); }) ? size * count : 0;
  }

  void append(std::span<const char> bytes) {
    if (!begun_) begin(announced());
    file_.append(bytes);
  }

  void begin(std::int64_t coming) {
    if (answer() != only_a_part) {
      if (coming >= 0 && coming < had_) {  // a page to log in, say
        fail("the server answers with " + std::to_string(coming) + " bytes, fewer than are in " + part_.string() +
             " (to remove if they are another file's)");
      }
      file_.clear();
    }
    before_ = file_.bytes();
    begun_ = true;
  }

  static int look(void* self, curl_off_t total, curl_off_t, curl_off_t, curl_off_t) {
    Transfer& transfer = *static_cast<Transfer*>(self);
    bool on = true;
    const bool fine = transfer.guarded([&] {
      const bool said = total > 0 && transfer.begun_;
      on = transfer.watch_(transfer.file_.bytes(), said ? transfer.before_ + total : transfer.expected_);
    });
    return fine && on ? 0 : 1;
  }

  template <class Action>
  bool guarded(const Action& action) {
    try {
      action();
      return true;
    } catch (...) {
      thrown_ = std::current_exception();
      return false;
    }
  }

  std::string reason(CURLcode code) const {
    if (code == CURLE_HTTP_RETURNED_ERROR) return "the server answers " + std::to_string(answer());
    return *reason_ != '\0' ? reason_ : curl_easy_strerror(code);
  }

  [[noreturn]] void fail(const std::string& why) const {
    std::string text = url_ + ": " + why;
    if (file_.bytes() > 0) text += "; the next try goes on after " + size_text(file_.bytes());
    throw std::runtime_error(text);
  }

  const std::string& url_;
  const std::filesystem::path& part_;
  const std::int64_t expected_;  // bytes of the whole file; 0: not known
  OutputFile file_;
  const std::int64_t had_;
  const Watch& watch_;
  std::unique_ptr<CURL, void (*)(CURL*)> curl_;
  bool begun_ = false;       // the file's bytes come
  std::int64_t before_ = 0;  // bytes of it that this transfer left out
  std::exception_ptr thrown_;
  char reason_[CURL_ERROR_SIZE] = "";
};

}  // namespace

bool fetch_file(const std::string& url, const std::filesystem::path& part, std::int64_t bytes, const Watch& watch) {
  return Transfer(url, part, bytes, watch).run();
}

std::string size_text(std::int64_t bytes) {
  const double kilo = static_cast<double>(bytes) / 1000;
  const bool mega = kilo >= 999.5;
  const double value = mega ? kilo / 1000 : kilo;
  char text[40];
  std::snprintf(text, sizeof text, "%.*f %s", value < 9.95 ? 1 : 0, value, mega ? "MB" : "kB");
  return text;
}

}  // namespace tessera
