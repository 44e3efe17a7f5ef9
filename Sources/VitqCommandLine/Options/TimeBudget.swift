/// How long a run may take, such as `90s`, `30m` or `1h30m`.
package struct TimeBudget: Equatable, Sendable {
  /// As it was given.
  package let text: String
  package let seconds: Double

  private static let units: [(Character, seconds: Double)] = [("h", 3600), ("m", 60), ("s", 1)]

  /// Reads hours, minutes and seconds in this order, each a decimal number before its unit, each at
  /// most once; `nil` if `text` is something else or no time above 0.
  package init?(_ text: String) {
    var seconds = 0.0
    var units = Self.units[...]
    var number = ""
    for character in text {
      if character == "." || character.isASCII && character.isNumber {
        number.append(character)
        continue
      }
      guard let index = units.firstIndex(where: { $0.0 == character }), let value = Double(number)
      else { return nil }
      seconds += value * units[index].seconds
      units = units[(index + 1)...]
      number = ""
    }
    guard number.isEmpty, seconds > 0, seconds < 1e9 else { return nil }
    (self.text, self.seconds) = (text, seconds)
  }
}
