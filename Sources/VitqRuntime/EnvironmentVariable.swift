import VitqFormat

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Variables of the environment, as messages show them.
enum EnvironmentVariable {
  /// The value of a variable in quotes; nothing between them if it is not set.
  static func quoted(_ name: String) -> String {
    guard let value = unsafe getenv(name) else { return "".quoted }
    return unsafe String(cString: value).quoted
  }
}
