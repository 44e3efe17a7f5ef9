/// The known name that an unknown one was most likely meant to be.
package enum NearestName {
  /// The candidate with the fewest changed letters.
  ///
  /// - Parameters:
  ///   - name: What was written.
  ///   - candidates: What is known; the first of several equally near ones is returned.
  /// - Returns: The nearest candidate, `nil` if more than half of the letters would change.
  package static func of(_ name: String, among candidates: [String]) -> String? {
    let ranked = candidates.map { ($0, distance(name.lowercased(), $0.lowercased())) }
    guard let best = ranked.min(by: { $0.1 < $1.1 }) else { return nil }
    return best.1 * 2 <= max(name.count, best.0.count) ? best.0 : nil
  }

  /// Letters to insert, remove, replace or swap with a neighbour (Damerau and Levenshtein,
  /// optimal string alignment).
  static func distance(_ a: String, _ b: String) -> Int {
    let (a, b) = (Array(a), Array(b))
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          cost = min(cost, beforeLast[j - 1] + 1)
        }
        row.append(cost)
      }
      (beforeLast, last) = (last, row)
    }
    return last[b.count]
  }
}
