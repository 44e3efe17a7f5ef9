/// The names of a state dict without what training tools put in front of them.
package enum WeightNames {
  /// Prefixes that say how a model was wrapped or saved, never what a tensor is.
  package static let prefixes = [
    "state_dict_ema.", "model_ema.", "state_dict.", "model.", "module.", "_orig_mod.",
    "visual.trunk.",
  ]

  /// `name` without any leading run of ``prefixes``.
  package static func normalized(_ name: String) -> String {
    var rest = Substring(name)
    while let prefix = prefixes.first(where: { rest.hasPrefix($0) && rest.count > $0.count }) {
      rest = rest.dropFirst(prefix.count)
    }
    return String(rest)
  }

  /// The normalised names of `originals`, in their order.
  ///
  /// - Throws: ``ArchiveError/duplicateName(_:originals:)`` if two become the same.
  package static func normalized(_ originals: [String]) throws(ArchiveError) -> [String] {
    var first: [String: String] = [:]
    var names: [String] = []
    names.reserveCapacity(originals.count)
    for original in originals {
      let name = normalized(original)
      if let other = first.updateValue(original, forKey: name) {
        throw .duplicateName(name, originals: [other, original])
      }
      names.append(name)
    }
    return names
  }
}
