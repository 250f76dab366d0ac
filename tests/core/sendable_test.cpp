// M8: what must not cross a thread does not compile. The texts: tests/actors/compile_fail.
#include <trireme/core/sendable.hpp>

#include <gtest/gtest.h>

#include <any>
#include <array>
#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <queue>
#include <span>
#include <string>
#include <string_view>
#include <trireme/core/error.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/promise.hpp>
#include <trireme/core/result.hpp>
#include <tuple>
#include <variant>
#include <vector>

namespace {

struct incomplete;
struct pinned {
  pinned() = default;
  pinned(pinned&&) = delete;
};
struct without_default {
  explicit without_default(int) {}
};
struct hides_a_pointer {
  explicit hides_a_pointer(int* at) : at_(at) {}
  int* at() const { return at_; }

private:
  int* at_;
};
union either {
  int number;
  int* place;
};
struct with_anonymous_union {
  union {
    int number;
    float share;
  };
};
struct answered_no {
  int index_of_this_thread;
};
template <class T>
struct counted_elsewhere {
  T* held;
};

}  // namespace

template <>
inline constexpr bool trireme::enable_sendable<with_anonymous_union> = true;
template <>
inline constexpr bool trireme::enable_sendable<answered_no> = false;
template <class T>
inline constexpr bool trireme::enable_sendable<counted_elsewhere<T>> = trireme::sendable<T>;

namespace trireme {
namespace {

template <class... T>
constexpr bool all_cross = (sendable<T> && ...);
template <class... T>
constexpr bool none_crosses = !(sendable<T> || ...);

TEST(Sendable, AreValuesThatOwnWhatTheyHold) {
  enum class colour { red };
  EXPECT_TRUE((all_cross<int, bool, colour, std::nullptr_t, std::string, const std::string>));
  EXPECT_TRUE(
      (all_cross<std::vector<std::string>, std::map<int, std::vector<std::string>>, std::queue<int>>));
  EXPECT_TRUE(
      (all_cross<std::optional<std::string>, std::variant<int, std::string>, std::pair<int, std::string>,
                 std::tuple<>, std::tuple<int, std::string>, std::array<std::string, 3>>));
  EXPECT_TRUE((all_cross<std::unique_ptr<int>, std::unique_ptr<int[]>, std::unique_ptr<std::mutex>>));
  EXPECT_TRUE((all_cross<std::filesystem::path, std::any, std::exception_ptr, error, result<std::string>>));
}

TEST(Sendable, AreSharedValuesThatNeverChange) {
  EXPECT_TRUE((all_cross<std::shared_ptr<const std::string>, std::shared_ptr<const void>>));
  EXPECT_TRUE((all_cross<std::shared_ptr<std::atomic<int>>>)) << "made to be shared";
  EXPECT_TRUE((none_crosses<std::shared_ptr<std::string>, std::weak_ptr<std::string>, std::shared_ptr<void>,
                            std::weak_ptr<const std::string>, std::shared_ptr<const std::vector<int*>>>));
}

TEST(Sendable, AreFunctionsButNotOtherPointersOrReferences) {
  EXPECT_TRUE(
      (all_cross<void (*)(int), std::function<void()>, unique_function<void()>, int std::pair<int, int>::*>));
  EXPECT_TRUE((none_crosses<int*, const char*, void*, void (**)(), int&, const int&, int&&, void(int)>));
  EXPECT_TRUE((none_crosses<std::reference_wrapper<int>, char* [2], std::unique_ptr<int*>>));
}

TEST(Sendable, AreNotViewsOrIterators) {
  EXPECT_TRUE((none_crosses<std::string_view, std::span<int>, std::initializer_list<int>>));
  EXPECT_TRUE((none_crosses<std::vector<int>::iterator, std::map<int, int>::const_iterator,
                            std::filesystem::directory_iterator>));
}

TEST(Sendable, AreNotWhatBelongsToALoop) {
  EXPECT_TRUE(
      (none_crosses<loop, promise<int>, context_ptr, std::unique_ptr<loop>, std::coroutine_handle<>>));
}

TEST(Sendable, AreLookedAtThroughWhatTheyAreIn) {
  EXPECT_TRUE(
      (none_crosses<std::vector<char*>, std::vector<std::vector<std::string_view>>, std::map<int, int*>,
                    std::map<std::string_view, int>, std::queue<int*>, std::array<char*, 3>>));
  EXPECT_TRUE((none_crosses<std::optional<std::string_view>, std::variant<int, std::string_view>,
                            std::pair<int, int&>, std::tuple<int, const int&>, result<int*>>));
}

TEST(Sendable, AreLookedAtMemberByMember) {
  struct owns {
    char name[300];
    std::optional<std::string> text;
    std::any extra;
    std::tuple<int> one;
    unsigned flag : 1;
    const std::array<int, 4> numbers;
    unsigned lowest : 3;
  };
  struct holds_a_pointer {
    char name[300];
    std::optional<int> number;
    struct {
      std::string text;
      int* place;
    } inside;
  };
  struct holds_an_array {
    const char* names[4];
  };
  struct nothing {};
  EXPECT_TRUE((all_cross<owns, std::vector<owns>, nothing>));
  EXPECT_TRUE((none_crosses<holds_a_pointer, std::vector<holds_a_pointer>, holds_an_array>));
}

TEST(Sendable, AreLookedAtWhereMembersHaveNoDefault) {
  struct owns {
    without_default first;
    std::string text;
    without_default second;
  };
  struct holds_a_view {
    std::any extra;
    without_default first;
    std::string_view text;
    without_default second;
  };
  struct holds_a_reference {
    std::unique_ptr<int> number;
    const int& place;
    std::string text;
  };
  EXPECT_TRUE(all_cross<owns>);
  EXPECT_TRUE((none_crosses<holds_a_view, holds_a_reference>));
}

TEST(Sendable, AreLookedAtThroughTypesThatHoldThemselves) {
  struct node {
    int value;
    std::vector<node> below;
    std::unique_ptr<node> next;
  };
  struct bad_node {
    std::vector<bad_node> below;
    std::unique_ptr<bad_node> next;
    int* value;
  };
  EXPECT_TRUE(all_cross<node>);
  EXPECT_TRUE((none_crosses<bad_node, std::unique_ptr<bad_node>>));
}

TEST(Sendable, AreLookedAtUpToSixteenMembers) {
  struct sixteen {
    int a, b, c, d, e, f, g, h, i, j, k, l, m, n, o;
    int* p;
  };
  struct seventeen {
    int a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p;
    int* q;
  };
  EXPECT_TRUE(none_crosses<sixteen>);
  EXPECT_TRUE(all_cross<seventeen>);  // as the contract says
}

TEST(Sendable, AnswerForWhatTheCompilerCannotSee) {
  struct below {
    int* place;
  };
  struct derived : below {
    int more;
  };
  int outside = 0;
  const auto closure = [&outside] { return outside; };
  EXPECT_TRUE((all_cross<hides_a_pointer, either, derived, decltype(closure), std::unique_ptr<incomplete>>));
}

TEST(Sendable, CanBeMoved) {
  struct holds_it {
    pinned inside;
  };
  EXPECT_TRUE((none_crosses<pinned, holds_it, std::mutex, std::atomic<int>, int[2], void>));
  EXPECT_TRUE(all_cross<std::unique_ptr<holds_it>>);
}

TEST(Sendable, AreWhatTheirAuthorSays) {
  EXPECT_TRUE((all_cross<with_anonymous_union, std::vector<with_anonymous_union>, counted_elsewhere<int>>));
  EXPECT_TRUE((none_crosses<answered_no, std::optional<answered_no>, counted_elsewhere<int*>>));
}

}  // namespace
}  // namespace trireme
