#pragma once

namespace trireme {

class loop;
class error;
class context;
class scope;
template <class T>
class result;
template <class T>
class promise;
template <class T>
class resolver;
template <class T>
class task;
template <class Signature>
class unique_function;

}  // namespace trireme
