import CVitqHDF5

/// The datasets of a file, found by walking its groups from the root.
///
/// The walk follows hard links only and visits each group once, so it ends, and it opens objects
/// relative to their group, so it costs time in proportion to the number of links.
struct HDF5Walk: Sendable {
  private(set) var datasets: [HDF5Dataset] = []
  private let fileByteCount: Int
  private var visited: Set<UInt64> = []
  private var linkCount = 0
  private var declaredByteCount = 0

  /// Walks the whole file.
  init(of file: borrowing HDF5Handle, fileByteCount: Int) throws(HDF5Error) {
    self.fileByteCount = fileByteCount
    let root = try unsafe HDF5Handle(
      H5Gopen2(file.id, "/", vitq_h5_default()), closing: H5Gclose,
      orThrow: HDF5Library.failure(of: "/"))
    try visit(group: root, path: "", depth: 0)
  }

  private mutating func visit(
    group: borrowing HDF5Handle, path: String, depth: Int
  ) throws(HDF5Error) {
    let object = path.isEmpty ? "/" : path
    guard depth <= HDF5Limits.groupDepth else {
      throw .limitExceeded(
        object: object, quantity: "nested groups", limit: HDF5Limits.groupDepth, found: depth)
    }
    var address: UInt64 = 0
    guard unsafe vitq_h5_object_address(group.id, &address) >= 0 else {
      throw HDF5Library.failure(of: object)
    }
    guard visited.insert(address).inserted else { throw .groupRevisited(object: object) }
    for link in try links(of: group, object: object) {
      let name = try Self.checkedName(link.name, in: path)
      let child = path.isEmpty ? name : "\(path)/\(name)"
      if let kind = link.kind { throw .linkNotAllowed(object: child, kind: kind) }
      let handle = try unsafe HDF5Handle(
        H5Oopen(group.id, name, vitq_h5_default()), closing: H5Oclose,
        orThrow: HDF5Library.failure(of: child))
      switch H5Iget_type(handle.id) {
      case H5I_GROUP: try visit(group: handle, path: child, depth: depth + 1)
      case H5I_DATASET: try add(handle, path: child)
      case H5I_DATATYPE: throw .unsupportedObject(object: child, kind: "a named datatype")
      default: throw .unsupportedObject(object: child, kind: "an unknown object")
      }
    }
  }

  private mutating func add(_ handle: borrowing HDF5Handle, path: String) throws(HDF5Error) {
    guard datasets.count < HDF5Limits.datasetCount else {
      throw .limitExceeded(
        object: "/", quantity: "datasets", limit: HDF5Limits.datasetCount,
        found: datasets.count + 1)
    }
    let dataset = try HDF5Dataset(checking: handle, path: path, fileByteCount: fileByteCount)
    datasets.append(dataset)
    // Cannot overflow: at most 2¹³ datasets of 2³⁴ elements of 2³ bytes.
    declaredByteCount += dataset.declaredByteCount
    let (allowed, overflows) = fileByteCount.multipliedReportingOverflow(by: HDF5Limits.inflation)
    guard overflows || declaredByteCount <= max(HDF5Limits.freeByteCount, allowed) else {
      throw .inflated(
        object: "/", declaredByteCount: declaredByteCount, storedByteCount: fileByteCount)
    }
  }

  private static func checkedName(_ name: String?, in path: String) throws(HDF5Error) -> String {
    guard let name, name.utf8.count <= HDF5Limits.nameByteCount, !name.isEmpty, name != ".",
      !name.unicodeScalars.contains(where: { $0 == "/" || $0.properties.isControl })
    else { throw .invalidName(object: path.isEmpty ? "/" : path) }
    return name
  }
}

// MARK: - Links

extension HDF5Walk {
  private struct Link {
    /// `nil` if the bytes are not UTF-8.
    let name: String?
    /// `nil` for a hard link.
    let kind: HDF5Error.LinkKind?
  }

  private struct LinkList {
    var links: [Link] = []
    let limit: Int
  }

  private mutating func links(
    of group: borrowing HDF5Handle, object: String
  ) throws(HDF5Error) -> [Link] {
    var list = LinkList(limit: HDF5Limits.linkCount - linkCount)
    let status = unsafe withUnsafeMutablePointer(to: &list) { list in
      unsafe vitq_h5_visit_links(
        group.id,
        { name, kind, context in
          guard let name = unsafe name, let context = unsafe context else { return -1 }
          let list = unsafe context.assumingMemoryBound(to: LinkList.self)
          guard unsafe list.pointee.links.count < list.pointee.limit else { return 1 }
          let link = unsafe Link(name: String(validatingCString: name), kind: Self.kind(of: kind))
          unsafe list.pointee.links.append(link)
          return 0
        }, list)
    }
    guard status >= 0 else { throw HDF5Library.failure(of: object) }
    guard status == 0 else {
      throw .limitExceeded(
        object: object, quantity: "links in the file", limit: HDF5Limits.linkCount,
        found: HDF5Limits.linkCount + 1)
    }
    linkCount += list.links.count
    return list.links
  }

  private static func kind(of kind: vitq_h5_link_kind) -> HDF5Error.LinkKind? {
    switch kind {
    case VITQ_H5_HARD_LINK: nil
    case VITQ_H5_SOFT_LINK: .soft
    case VITQ_H5_EXTERNAL_LINK: .external
    default: .userDefined
    }
  }
}

extension Unicode.Scalar.Properties {
  /// Whether the scalar could act on a terminal or hide in a log.
  fileprivate var isControl: Bool {
    switch generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }
}
