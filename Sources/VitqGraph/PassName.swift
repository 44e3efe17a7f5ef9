/// The names of rewrites of a graph, in reports and logs.
package enum PassName {
  /// The name of a pass: `FoldLayerScale` is `fold-layer-scale`, `SplitQKV` is `split-qkv`.
  package static func of(_ pass: Any.Type) -> String {
    let letters = Array(String(describing: pass))
    var name = ""
    for (i, letter) in letters.enumerated() {
      let startsWord =
        letter.isUppercase && i > 0
        && (letters[i - 1].isLowercase || (i + 1 < letters.count && letters[i + 1].isLowercase))
      if startsWord { name.append("-") }
      name.append(contentsOf: letter.lowercased())
    }
    return name
  }
}
