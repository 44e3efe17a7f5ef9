import CVitqHDF5

/// The text attributes of a file's root group.
enum HDF5Attributes {
  /// The root attributes that are one string each, by name; others are left out.
  ///
  /// - Throws: ``HDF5Error/attributeNotText(_:found:)`` if one of `required` is there but is not
  ///   one string of UTF-8 without a NUL, or another ``HDF5Error`` if a limit is exceeded.
  static func text(
    of file: borrowing HDF5Handle, required: Set<String>
  ) throws(HDF5Error) -> [String: String] {
    let root = try unsafe HDF5Handle(
      H5Gopen2(file.id, "/", vitq_h5_default()), closing: H5Gclose,
      orThrow: HDF5Library.failure(of: "/"))
    let count = Int(H5Aget_num_attrs(root.id))
    guard count >= 0 else { throw HDF5Library.failure(of: "/") }
    guard count <= HDF5Limits.attributeCount else {
      throw .limitExceeded(
        object: "/", quantity: "attributes", limit: HDF5Limits.attributeCount, found: count)
    }
    var values: [String: String] = [:]
    for index in 0..<count {
      let attribute = try unsafe HDF5Handle(
        H5Aopen_by_idx(
          root.id, ".", H5_INDEX_NAME, H5_ITER_INC, hsize_t(index), vitq_h5_default(),
          vitq_h5_default()),
        closing: H5Aclose, orThrow: HDF5Library.failure(of: "/"))
      let name = try name(of: attribute)
      do throws(HDF5Error) {
        values[name] = try value(of: attribute, name: name)
      } catch .attributeNotText(let name, let found) {
        if required.contains(name) { throw .attributeNotText(name, found: found) }
      }
    }
    return values
  }

  private static func name(of attribute: borrowing HDF5Handle) throws(HDF5Error) -> String {
    let count = H5Aget_name(attribute.id, 0, nil)
    guard (0...HDF5Limits.nameByteCount).contains(count) else { throw .invalidName(object: "/") }
    var bytes = [CChar](repeating: 0, count: count + 1)
    guard unsafe H5Aget_name(attribute.id, bytes.count, &bytes) == count,
      let name = String(validating: bytes.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    else { throw .invalidName(object: "/") }
    return name
  }

  private static func value(
    of attribute: borrowing HDF5Handle, name: String
  ) throws(HDF5Error) -> String {
    let type = try HDF5Handle(
      H5Aget_type(attribute.id), closing: H5Tclose, orThrow: HDF5Library.failure(of: "/"))
    let space = try HDF5Handle(
      H5Aget_space(attribute.id), closing: H5Sclose, orThrow: HDF5Library.failure(of: "/"))
    guard H5Tget_class(type.id) == H5T_STRING else {
      throw .attributeNotText(name, found: "another type")
    }
    guard H5Sget_simple_extent_type(space.id) != H5S_NULL,
      H5Sget_simple_extent_npoints(space.id) == 1
    else { throw .attributeNotText(name, found: "an array or nothing") }
    let isVariable = H5Tis_variable_str(type.id)
    guard isVariable >= 0 else { throw HDF5Library.failure(of: "/") }
    return isVariable > 0
      ? try variableText(of: attribute, type, space, name: name)
      : try fixedText(of: attribute, type, name: name)
  }

  private static func fixedText(
    of attribute: borrowing HDF5Handle, _ type: borrowing HDF5Handle, name: String
  ) throws(HDF5Error) -> String {
    let count = Int(clamping: H5Tget_size(type.id))
    try checkByteCount(count, name: name)
    var bytes = [UInt8](repeating: 0, count: count)
    let status = unsafe bytes.withUnsafeMutableBytes {
      unsafe H5Aread(attribute.id, type.id, $0.baseAddress)
    }
    guard status >= 0 else { throw HDF5Library.failure(of: "/") }
    let padding: UInt8 = H5Tget_strpad(type.id) == H5T_STR_SPACEPAD ? 0x20 : 0
    let end = bytes.lastIndex { $0 != padding }.map { $0 + 1 } ?? 0
    return try text(bytes[..<end], name: name)
  }

  private static func variableText(
    of attribute: borrowing HDF5Handle, _ type: borrowing HDF5Handle,
    _ space: borrowing HDF5Handle, name: String
  ) throws(HDF5Error) -> String {
    let memoryType = try HDF5Handle(
      vitq_h5_new_variable_string(H5Tget_cset(type.id)), closing: H5Tclose,
      orThrow: HDF5Library.failure(of: "/"))
    var pointer: UnsafeMutablePointer<CChar>?
    let status = unsafe H5Aread(attribute.id, memoryType.id, &pointer)
    guard status >= 0 else { throw HDF5Library.failure(of: "/") }
    guard let start = unsafe pointer else { return "" }
    // The library allocated the text; it alone may free it.
    defer {
      _ = unsafe H5Dvlen_reclaim(memoryType.id, space.id, vitq_h5_default(), &pointer)
    }
    let bytes = unsafe UnsafeBufferPointer(start: start, count: strlen(start))
    try checkByteCount(bytes.count, name: name)
    return try text(unsafe bytes.map { UInt8(bitPattern: $0) }[...], name: name)
  }

  private static func checkByteCount(_ count: Int, name: String) throws(HDF5Error) {
    guard count <= HDF5Limits.attributeByteCount else {
      throw .limitExceeded(
        object: name, quantity: "bytes of text", limit: HDF5Limits.attributeByteCount,
        found: count)
    }
  }

  private static func text(
    _ bytes: ArraySlice<UInt8>, name: String
  ) throws(HDF5Error) -> String {
    guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
      throw .attributeNotText(name, found: "bytes that are not UTF-8 or hold a NUL")
    }
    return text
  }
}
