#include <trireme/transport/http1/static_files.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <trireme/core/error.hpp>

#include "http1_fixture.hpp"

namespace trireme::transport::http1 {
namespace {

namespace fs = std::filesystem;

/// A folder of its own with a few files, and a secret beside it.
struct folder {
  folder() {
    char name[] = "/tmp/trireme-static-XXXXXX";
    top = ::mkdtemp(name);
    fs::create_directories(top / "www" / "sub");
    write("www/index.html", "<p>index</p>");
    write("www/app.js", "app()");
    write("www/empty.css", "");
    write("www/sub/index.html", "<p>sub</p>");
    write("www/sub/data.bin", std::string("\0\1\2", 3));
    write("secret.txt", "secret");
  }
  ~folder() { fs::remove_all(top); }
  void write(const std::string& path, std::string_view text) const {
    std::ofstream(top / path, std::ios::binary) << text;
  }
  std::string www() const { return (top / "www").string(); }
  fs::path top;
};

struct serving : fixture {
  serving() : files(made_folder.www()) {
    made->fallback([this](const request& from, response to) {
      if (!files.serve(from, to)) to.send(404);
    });
    // The routes of the fixture would hide ours.
    made->route(request_method::get, "/nothing", [](const request&, response to) { to.send(204); });
  }
  folder made_folder;
  static_files files;
};

std::string field(const std::string& response, const std::string& name) {
  const std::size_t at = response.find("\r\n" + name + ": ");
  if (at == response.npos) return "";
  const std::size_t start = at + name.size() + 4;
  return response.substr(start, response.find("\r\n", start) - start);
}

std::string body(const std::string& response) { return response.substr(response.find("\r\n\r\n") + 4); }

TEST(StaticFiles, ServesFilesByTheirPathAndType) {
  serving server;
  EXPECT_EQ(server.files.size(), 5u);
  raw_client client = server.client();
  const std::string script = client.get("/app.js?v=1");
  EXPECT_TRUE(says(script, "200"));
  EXPECT_EQ(body(script), "app()");
  EXPECT_EQ(field(script, "Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(field(script, "X-Content-Type-Options"), "nosniff");
  const std::string data = client.get("/sub/data.bin");
  EXPECT_EQ(body(data), std::string("\0\1\2", 3));
  EXPECT_EQ(field(data, "Content-Type"), "application/octet-stream");
  EXPECT_EQ(body(client.get("/empty.css")), "");
  EXPECT_EQ(body(client.get("/sub/")), "<p>sub</p>");
  EXPECT_TRUE(says(client.get("/none.js"), "404"));
  client.send("POST /app.js HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(says(client.response(), "405", "Allow: GET, HEAD\r\n"));
}

TEST(StaticFiles, ServesTheIndexOfItsRoot) {
  test_loop loop;
  const folder made;
  const static_files files(made.www());
  server serving(loop);
  serving.fallback([&](const request& from, response to) {
    if (!files.serve(from, to)) to.send(404);
  });
  serving.listen("127.0.0.1", 0);
  raw_client client(loop, serving.port());
  EXPECT_EQ(body(client.get("/")), "<p>index</p>");
}

TEST(StaticFiles, SendsWhatHasChangedOnly) {
  serving server;
  raw_client client = server.client();
  const std::string first = client.get("/app.js");
  const std::string tag = field(first, "ETag");
  EXPECT_EQ(tag.size(), 18u) << tag;
  for (const std::string& sent : {tag, "W/" + tag, "\"other\", " + tag, std::string("*")}) {
    const std::string again = client.get("/app.js", "If-None-Match: " + sent + "\r\n");
    EXPECT_TRUE(says(again, "304", "ETag: " + tag)) << sent << again;
    EXPECT_EQ(body(again), "");
    EXPECT_NE(field(again, "Content-Length"), "0") << "RFC 9110 8.6";
  }
  EXPECT_TRUE(says(client.get("/app.js", "If-None-Match: \"other\"\r\n"), "200"));
  EXPECT_NE(field(client.get("/sub/data.bin"), "ETag"), tag);
}

TEST(StaticFiles, TellsHeadHowLongItIs) {
  serving server;
  raw_client client = server.client();
  client.send("HEAD /app.js HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(field(client.response(true), "Content-Length"), "5");
  EXPECT_EQ(body(client.get("/app.js")), "app()");
}

TEST(StaticFiles, ServesNothingOutsideItsFolder) {
  serving server;
  for (const std::string_view path :
       {"/../secret.txt", "/sub/../../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "//secret.txt",
        "/./app.js", "/sub/..", "/secret.txt", "/app.js/", "/sub", "/sub//index.html", "/..",
        "/app.js%00.html"}) {
    raw_client client = server.client();
    const std::string answer = client.get(path);
    EXPECT_TRUE(says(answer, "404")) << path << answer;
    EXPECT_EQ(answer.find("secret"), answer.npos);
  }
}

TEST(StaticFiles, SaysWhatItCannotRead) {
  const folder made;
  EXPECT_THROW(static_files((made.top / "none").string()), error);
  EXPECT_THROW(static_files(made.www(), 10), error);
}

}  // namespace
}  // namespace trireme::transport::http1
