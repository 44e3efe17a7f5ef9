/// Numbers as reports print them.
package enum Figures {
  /// A number with a fixed count of decimals, such as `3.10`.
  package static func fixed(_ value: Double, _ decimals: Int) -> String {
    guard value.isFinite else { return "–" }
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    let scaled = (abs(value) * scale).rounded(.toNearestOrEven)
    guard scaled < 9e15 else { return "\(value)" }
    let units = Int(scaled)
    let sign = value < 0 && units > 0 ? "-" : ""
    guard decimals > 0 else { return sign + String(units) }
    let fraction = String(units % Int(scale))
    let zeros = String(repeating: "0", count: decimals - fraction.count)
    return sign + String(units / Int(scale)) + "." + zeros + fraction
  }

  /// A fraction in percent with two decimals, without the sign: `79.20`.
  package static func percent(_ fraction: Double) -> String { fixed(fraction * 100, 2) }

  /// Decimal megabytes with one decimal, such as `2.9 MB`.
  package static func megabytes(_ byteCount: Int) -> String {
    fixed(Double(byteCount) / 1e6, 1) + " MB"
  }

  /// Milliseconds with two decimals, without the unit.
  package static func milliseconds(_ seconds: Double) -> String { fixed(seconds * 1e3, 2) }

  /// A duration as people say it: `42s`, `3m05s`, `2h10m`.
  package static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "–" }
    let whole = Int(seconds.rounded())
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    switch whole {
    case ..<60: return "\(whole)s"
    case ..<3600: return "\(whole / 60)m\(two(whole % 60))s"
    default: return "\(whole / 3600)h\(two(whole % 3600 / 60))m"
    }
  }
}
