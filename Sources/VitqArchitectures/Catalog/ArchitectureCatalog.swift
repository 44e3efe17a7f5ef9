import VitqImage

/// The models of timm's that a name is enough to identify.
///
/// A state dict does not tell the number of heads, the epsilon of layer normalisation, the form of
/// GELU, the pooling or the preprocessing. They come from the file's configuration, or from here
/// by name; never from a rule such as 64 channels a head, which some models break.
package enum ArchitectureCatalog {
  /// The entry of timm's model `name`, with or without a tag.
  package static func entry(named name: String) -> ArchitectureEntry? {
    let name = untagged(name)
    return all.first { $0.name == name }
  }

  /// `name` without the tag that says which weights: `deit_tiny_patch16_224.fb_in1k`.
  package static func untagged(_ name: String) -> String {
    String(name.prefix { $0 != "." })
  }

  /// The entries that tensors of these sizes could belong to.
  static func entries(
    width: Int, depth: Int, patchSide: Int, patchCount: Int, isDistilled: Bool
  ) -> [ArchitectureEntry] {
    all.filter { entry in
      let side = entry.preprocessing.inputHeight / entry.patchSide
      return entry.size.width == width && entry.size.depth == depth
        && entry.patchSide == patchSide && side * side == patchCount
        && entry.name.contains("_distilled") == isDistilled
    }
  }
}
