/// Other quantizers for the layers whose names match a pattern.
package struct LayerOverride: Sendable, Equatable {
  /// A glob on the names of layers and of attention products, or of modules that hold them.
  ///
  /// `*` is any number of characters that are no dots, `**` any number of characters, `?` one
  /// character that is no dot. `blocks.0.attn.qkv` means queries, keys and values.
  package var pattern: String
  /// Bits of the layer's weights; `nil` keeps what the recipe says.
  package var weightBits: Int?
  /// Bits of what the layer or product reads.
  package var activationBits: Int?
  package var weightCodes: QuantizationRecipe.WeightCodes?
  package var activationCodes: QuantizationRecipe.ActivationCodes?
  package var attentionCodes: QuantizationRecipe.ActivationCodes?

  package init(_ pattern: String) { self.pattern = pattern }

  /// Whether the pattern matches a name or, up to one of its dots, a module.
  package func matches(_ name: String) -> Bool {
    Self.matches(Array(pattern.utf8)[...], Array(name.utf8)[...])
  }

  private static func matches(_ pattern: ArraySlice<UInt8>, _ name: ArraySlice<UInt8>) -> Bool {
    let (dot, star, mark) = (UInt8(ascii: "."), UInt8(ascii: "*"), UInt8(ascii: "?"))
    // The names that the pattern so far may end in, by their starts: no backtracking.
    var starts: Set<Int> = [name.startIndex]
    var rest = pattern
    while let symbol = rest.popFirst() {
      var next: Set<Int> = []
      if symbol == star {
        let crossesDots = rest.first == star
        if crossesDots { rest.removeFirst() }
        for start in starts {
          var end = start
          next.insert(end)
          while end < name.endIndex, crossesDots || name[end] != dot {
            end += 1
            next.insert(end)
          }
        }
      } else {
        for start in starts where start < name.endIndex {
          let isMatch = symbol == mark ? name[start] != dot : name[start] == symbol
          if isMatch { next.insert(start + 1) }
        }
      }
      starts = next
    }
    return starts.contains { $0 == name.endIndex || name[$0] == dot }
  }
}
