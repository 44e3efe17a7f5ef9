import CVitqONNX

/// The fields of the messages of `formats/onnx.proto`, as the generated code describes them.
///
/// The scan and libprotobuf-c so agree on what a field is, whatever the file says.
@safe
struct MessageLayout: Sendable {
  enum Content: Sendable, Equatable {
    case varint
    case fixed32
    case fixed64
    /// UTF-8 without NUL.
    case text
    case bytes
    /// The message at this index of ``layouts``.
    case message(Int)
  }

  struct Field: Sendable, Equatable {
    let content: Content
    let isRepeated: Bool
  }

  let name: String
  private(set) var fields: [UInt32: Field]

  /// All messages; the first is the model.
  static let layouts: [MessageLayout] = {
    var layouts: [MessageLayout] = []
    var indices: [UnsafeRawPointer: Int] = unsafe [:]
    unsafe withUnsafePointer(to: vitq__onnx__model_proto__descriptor) { model in
      _ = unsafe add(model, to: &layouts, &indices)
    }
    return layouts
  }()

  private static func add(
    _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>, to layouts: inout [MessageLayout],
    _ indices: inout [UnsafeRawPointer: Int]
  ) -> Int {
    if let index = unsafe indices[UnsafeRawPointer(descriptor)] { return index }
    let index = layouts.count
    unsafe indices[UnsafeRawPointer(descriptor)] = index
    let message = unsafe descriptor.pointee
    layouts.append(
      unsafe MessageLayout(name: String(cString: message.short_name), fields: [:]))
    for i in 0..<Int(unsafe message.n_fields) {
      let field = unsafe message.fields[i]
      let content: Content
      switch unsafe field.type {
      case PROTOBUF_C_TYPE_FLOAT: content = .fixed32
      case PROTOBUF_C_TYPE_DOUBLE: content = .fixed64
      case PROTOBUF_C_TYPE_STRING: content = .text
      case PROTOBUF_C_TYPE_BYTES: content = .bytes
      case PROTOBUF_C_TYPE_MESSAGE:
        let nested = unsafe field.descriptor.assumingMemoryBound(
          to: ProtobufCMessageDescriptor.self)
        content = .message(unsafe add(nested, to: &layouts, &indices))
      default: content = .varint
      }
      layouts[index].fields[unsafe field.id] = Field(
        content: content, isRepeated: unsafe field.label == PROTOBUF_C_LABEL_REPEATED)
    }
    return index
  }
}
