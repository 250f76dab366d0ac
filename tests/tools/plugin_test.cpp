#include "generator.hpp"

#include <google/protobuf/compiler/parser.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>

namespace {

namespace pb = google::protobuf;

struct in_memory final : pb::compiler::GeneratorContext {
  pb::io::ZeroCopyOutputStream* Open(const std::string& name) override {
    return new pb::io::StringOutputStream(&files[name]);
  }
  std::map<std::string, std::string> files;
};

struct outcome {
  bool succeeded = false;
  std::string error;
  std::string header;
  std::string source;
};

// Runs the generator over the text of "a/b.proto".
outcome generate(const std::string& text, const std::string& options = "") {
  pb::io::ArrayInputStream input{text.data(), static_cast<int>(text.size())};
  pb::io::Tokenizer tokens{&input, nullptr};
  pb::FileDescriptorProto parsed;
  pb::compiler::Parser parser;
  EXPECT_TRUE(parser.Parse(&tokens, &parsed));
  parsed.set_name("a/b.proto");
  pb::DescriptorPool pool{pb::DescriptorPool::generated_pool()};
  const pb::FileDescriptor* file = pool.BuildFile(parsed);
  if (file == nullptr) {
    ADD_FAILURE() << "not a valid .proto: " << text;
    return {};
  }
  outcome result;
  in_memory to;
  result.succeeded = trireme::plugin::generator{}.GenerateAll({file}, options, &to, &result.error);
  result.header = to.files["a/b.trireme.hpp"];
  result.source = to.files["a/b.trireme.cpp"];
  return result;
}

// One service, Svc of the package p.q, with messages In and Out.
outcome generate_service(const std::string& body) {
  return generate(R"(syntax = "proto3"; package p.q; import "trireme/options/v1/options.proto";
message In {} message Out {}
service Svc {
)" + body + "\n}");
}

outcome generate_with_policy(const std::string& signature, const std::string& policy) {
  return generate_service("rpc Do" + signature + " { option (trireme.options.v1.method) = {" + policy +
                          "}; }");
}

testing::AssertionResult has(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "no\n" << part << "\nin\n" << text;
}

TEST(Plugin, WritesACoroutineForEachKindOfCallOnTheLoop) {
  const outcome result = generate_service(R"(
    rpc A(In) returns (Out);
    rpc B(In) returns (stream Out);
    rpc C(stream In) returns (Out);
    rpc D(stream In) returns (stream Out);)");
  ASSERT_TRUE(result.succeeded) << result.error;
  const std::string start = "virtual ::trireme::task<::trireme::proto::status> ";
  const std::string end = "::trireme::proto::call_context& context);\n";
  EXPECT_TRUE(has(result.header, start + "A(\n        const In& request, Out& reply, " + end));
  EXPECT_TRUE(has(result.header,
                  start + "B(\n        const In& request, ::trireme::proto::async_writer<Out>& out, " + end));
  EXPECT_TRUE(
      has(result.header, start + "C(\n        ::trireme::proto::async_reader<In>& in, Out& reply, " + end));
  EXPECT_TRUE(has(result.header, start +
                                     "D(\n        ::trireme::proto::async_reader<In>& in, "
                                     "::trireme::proto::async_writer<Out>& out, " +
                                     end));
  EXPECT_TRUE(has(result.header, "class service : public ::trireme::proto::service {"));
  EXPECT_FALSE(has(result.header, "class worker"));
  EXPECT_TRUE(has(result.source, "case 3:\n      return ::trireme::proto::start_bidi<In, Out>("));
}

TEST(Plugin, WritesAPlainFunctionForInlineAndPoolAlike) {
  for (const std::string placement : {"INLINE", "POOL"}) {
    const outcome unary = generate_with_policy("(In) returns (Out)", "placement: " + placement);
    EXPECT_TRUE(has(unary.header,
                    "virtual ::trireme::proto::status Do(\n"
                    "        const In& request, Out& reply, std::stop_token stop);\n"));
    EXPECT_TRUE(has(unary.header, "class worker : public ::trireme::proto::worker {"));
    EXPECT_FALSE(has(unary.header, "class service"));
    const outcome stream = generate_with_policy("(In) returns (stream Out)", "placement: " + placement);
    EXPECT_TRUE(has(stream.header,
                    "const In& request, ::trireme::proto::writer<Out>& out, std::stop_token stop);\n"));
  }
}

TEST(Plugin, WritesAClientForEachKindOfCall) {
  const outcome result = generate_service(R"(
    rpc A(In) returns (Out);
    rpc B(In) returns (stream Out);
    rpc C(stream In) returns (Out);
    rpc D(stream In) returns (stream Out);)");
  const std::string options = "const ::trireme::proto::call_options& options = {});\n";
  EXPECT_TRUE(has(result.header, "::trireme::promise<Out> A(\n        const In& request, " + options));
  EXPECT_TRUE(
      has(result.header, "::trireme::proto::client_reader<Out> B(\n        const In& request, " + options));
  EXPECT_TRUE(has(result.header, "::trireme::proto::client_call<In, Out> C(\n        " + options));
  EXPECT_TRUE(has(result.header, "::trireme::proto::client_stream<In, Out> D(\n        " + options));
}

TEST(Plugin, PutsThePolicyIntoTheMethodTable) {
  const outcome result =
      generate_with_policy("(In) returns (Out)", "placement: POOL queue_limit: 64 timeout { seconds: 600 }");
  EXPECT_TRUE(has(result.source,
                  "{\"Do\", \"/p.q.Svc/Do\", ::trireme::proto::call_kind::unary,\n"
                  "       ::trireme::proto::placement::pool, 64, std::chrono::seconds(600),\n"
                  "       &In::default_instance(), &Out::default_instance()},\n"));
}

TEST(Plugin, RunsAMethodWithoutAPolicyOnTheLoopWithoutLimits) {
  const outcome result = generate_service("rpc Do(In) returns (Out);");
  EXPECT_TRUE(has(result.source, "::trireme::proto::placement::loop, 0, std::chrono::seconds(0),"));
}

TEST(Plugin, CountsTheMethodsOfAServiceWhateverTheirPlacement) {
  const outcome result = generate_service(R"(
    rpc A(In) returns (Out);
    rpc B(In) returns (Out) { option (trireme.options.v1.method) = {placement: POOL}; }
    rpc C(In) returns (Out);)");
  EXPECT_TRUE(has(result.source, "case 0:\n      return ::trireme::proto::start_unary<In, Out>("));
  EXPECT_TRUE(has(result.source, "case 1:\n      return ::trireme::proto::run_unary<In, Out>("));
  EXPECT_TRUE(has(result.source, "case 2:\n      return ::trireme::proto::start_unary<In, Out>("));
  EXPECT_TRUE(has(result.source, "descriptor().methods[2]"));
}

TEST(Plugin, KeepsATimeoutToTheNanosecond) {
  const outcome result = generate_with_policy("(In) returns (Out)", "timeout { seconds: 2 nanos: 5 }");
  EXPECT_TRUE(has(result.source, "std::chrono::nanoseconds(2000000005)"));
}

TEST(Plugin, CarriesCommentsOverToServiceWorkerAndClient) {
  const outcome result = generate(R"(syntax = "proto3";
message In {}
// What it is for.
//
// More of it.
service Svc {
  // What it does.
  rpc Do(In) returns (In);
})");
  EXPECT_TRUE(has(result.header, "\n/// What it is for.\n///\n/// More of it.\nclass Svc {\n"));
  EXPECT_TRUE(has(result.header, "\n    /// What it does.\n    virtual "));
  EXPECT_TRUE(has(result.header, "\n    /// What it does.\n    ::trireme::promise<In> Do("));
}

TEST(Plugin, LetsNoBackslashInACommentSwallowTheNextLine) {
  const outcome result = generate_service("// Ends so: \\\nrpc Do(In) returns (Out);");
  EXPECT_TRUE(has(result.header, "/// Ends so:\n"));
}

TEST(Plugin, AppendsAnUnderscoreToNamesThatAreTaken) {
  const outcome result = generate_service(R"(
    rpc delete(In) returns (Out);
    rpc delete_(In) returns (Out);
    rpc start(In) returns (Out);)");
  EXPECT_TRUE(has(result.header, "::trireme::promise<Out> delete_("));
  EXPECT_TRUE(has(result.header, "::trireme::promise<Out> delete__("));
  EXPECT_TRUE(has(result.header, "::trireme::promise<Out> start_("));
  EXPECT_TRUE(has(result.source, "{\"delete\", \"/p.q.Svc/delete\","));
  EXPECT_TRUE(has(result.source, "{\"start\", \"/p.q.Svc/start\","));
}

TEST(Plugin, TakesMethodsThatDifferByCaseOnly) {
  const outcome result = generate_service("rpc say(In) returns (Out); rpc Say(In) returns (Out);");
  EXPECT_TRUE(has(result.header, "::trireme::promise<Out> say("));
  EXPECT_TRUE(has(result.header, "::trireme::promise<Out> Say("));
}

TEST(Plugin, NamesAMessageInFullWhereAMethodIsCalledLikeIt) {
  const outcome result = generate_service("rpc In(.p.q.In) returns (Out);");
  EXPECT_TRUE(has(result.header, "::trireme::promise<Out> In(\n        const ::p::q::In& request, "));
}

TEST(Plugin, WritesNothingButIncludesForAFileWithoutServices) {
  const outcome result = generate("syntax = \"proto3\"; message Alone {}");
  const std::string first = "// Generated by protoc-gen-trireme from a/b.proto. Do not edit.\n";
  EXPECT_EQ(result.header, first + "#pragma once\n\n#include \"a/b.pb.h\"\n");
  EXPECT_EQ(result.source, first + "#include \"a/b.trireme.hpp\"\n");
}

TEST(Plugin, RefusesInlineAndPoolForStreamsFromTheClient) {
  const outcome pool = generate_with_policy("(stream In) returns (Out)", "placement: POOL");
  EXPECT_FALSE(pool.succeeded);
  EXPECT_EQ(pool.error,
            "a/b.proto:4: p.q.Svc.Do has placement POOL, which takes one request: "
            "a method that receives a stream runs on the LOOP");
  const outcome inlined = generate_with_policy("(stream In) returns (stream Out)", "placement: INLINE");
  EXPECT_FALSE(inlined.succeeded);
  EXPECT_EQ(inlined.error,
            "a/b.proto:4: p.q.Svc.Do has placement INLINE, which takes one request: "
            "a method that receives a stream runs on the LOOP");
}

TEST(Plugin, RefusesTimeoutsThatAreNone) {
  const auto error = [](const std::string& timeout) {
    const outcome result = generate_with_policy("(In) returns (Out)", "timeout {" + timeout + "}");
    EXPECT_FALSE(result.succeeded);
    return result.error;
  };
  EXPECT_EQ(error("seconds: -1"), "a/b.proto:4: p.q.Svc.Do has a timeout below zero");
  EXPECT_EQ(error("nanos: -1"), "a/b.proto:4: p.q.Svc.Do has a timeout below zero");
  EXPECT_EQ(error("nanos: 1000000000"),
            "a/b.proto:4: p.q.Svc.Do has a timeout with more than 999999999 nanos");
  EXPECT_EQ(error("seconds: 9223372036854775807"),
            "a/b.proto:4: p.q.Svc.Do has a timeout of more than a hundred years");
}

TEST(Plugin, RefusesOptions) {
  const outcome result = generate("syntax = \"proto3\";", "fast");
  EXPECT_FALSE(result.succeeded);
  EXPECT_EQ(result.error, "protoc-gen-trireme takes no options, but was given \"fast\"");
}

TEST(Plugin, SupportsOptionalFieldsOfProto3) {
  EXPECT_EQ(trireme::plugin::generator{}.GetSupportedFeatures(),
            pb::compiler::CodeGenerator::FEATURE_PROTO3_OPTIONAL);
}

}  // namespace
