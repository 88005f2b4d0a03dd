// SPDX-License-Identifier: LGPL-2.1-or-later

// As much of GLib's types as Cproc.d.ts and program.ts use. Programs have the packages @girs/….

declare module 'gi://GLib?version=2.0' {
  namespace GLib {
    const PRIORITY_DEFAULT: number;
    class Bytes {
      constructor(data: Uint8Array | null);
      get_size(): number;
      toArray(): Uint8Array;
    }
    class Error {
      code: number;
      message: string;
      stack: string;
      matches(domain: unknown, code: number): boolean;
    }
    class VariantType {
      constructor(type: string);
    }

    class Variant {
      deepUnpack(): unknown;
    }
  }
  export default GLib;
}

declare module 'gi://GObject?version=2.0' {
  namespace GObject {
    class ParamSpec {
      name: string;
    }
    class Object {
      constructor(properties?: {[name: string]: any});
      connect(signal: string, callback: (...args: any[]) => any): number;
      disconnect(id: number): void;
      notify(property: string): void;
    }
  }
  export default GObject;
}

declare module 'gi://Gio?version=2.0' {
  import GObject from 'gi://GObject?version=2.0';

  namespace Gio {
    interface AsyncResult {
      get_source_object(): GObject.Object | null;
    }
    interface File {
      get_path(): string | null;
    }
    const File: {new_for_path(path: string): File};
    class Cancellable extends GObject.Object {
      cancel(): void;
    }
    class InputStream extends GObject.Object {
      has_pending(): boolean;
    }
    class OutputStream extends GObject.Object {
      is_closing(): boolean;
    }
    class IOStream extends GObject.Object {
      is_closed(): boolean;
    }
    class Socket extends GObject.Object {
      get_fd(): number;
    }
    class Subprocess extends GObject.Object {
      get_identifier(): string | null;
    }
    class UnixFDList extends GObject.Object {
      append(fd: number): number;
    }
  }
  export default Gio;
}

declare module 'gi://Json?version=1.0' {
  namespace Json {
    class Node {
      get_string(): string | null;
    }
  }
  export default Json;
}
