// A TOML document with the place of every key and value, in C.
//
// toml++ (header only, C++17) reads the text; this is all of it that the rest of Remedy sees. A
// document is a flat list of entries, each naming the entry that holds it, so that walking it
// needs no recursion and no ownership beyond the document's.

#ifndef REMEDY_CTOML_H
#define REMEDY_CTOML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct remedy_toml_document remedy_toml_document;

/// Lines and columns count from 1, columns in code points.
typedef struct {
  uint32_t line;
  uint32_t column;
} remedy_toml_position;

/// UTF-8, not ended by a zero byte; it may hold one. Lives as long as its document.
typedef struct {
  const char *_Nullable bytes;
  size_t count;
} remedy_toml_text;

typedef enum {
  REMEDY_TOML_TABLE,
  REMEDY_TOML_ARRAY,
  REMEDY_TOML_STRING,
  REMEDY_TOML_INTEGER,
  REMEDY_TOML_FLOAT,
  REMEDY_TOML_BOOLEAN,
  REMEDY_TOML_DATE,
} remedy_toml_kind;

typedef struct {
  remedy_toml_kind kind;
  /// The index of the table or array that holds this entry; the root table, 0, is its own.
  size_t parent;
  /// What the entry is called in its table; empty in an array.
  remedy_toml_text key;
  remedy_toml_position key_position;
  /// Where the value begins; of a table with a header, the header.
  remedy_toml_position position;
  /// Of a string.
  remedy_toml_text text;
  /// Of an integer.
  int64_t integer;
  /// Of a float.
  double number;
  /// Of a boolean.
  bool boolean;
} remedy_toml_entry;

typedef enum {
  REMEDY_TOML_READ,
  REMEDY_TOML_SYNTAX_ERROR,
  /// A key or table that is there already.
  REMEDY_TOML_DUPLICATE,
  /// No memory.
  REMEDY_TOML_EXHAUSTED,
} remedy_toml_outcome;

/// Reads a document of `count` bytes. NULL only where there is no memory. The bytes are not kept.
remedy_toml_document *_Nullable remedy_toml_parse(const char *_Nonnull bytes, size_t count);

void remedy_toml_free(remedy_toml_document *_Nullable document);

remedy_toml_outcome remedy_toml_result(const remedy_toml_document *_Nonnull document);

/// Where the reading stopped, and why in toml++'s words, which may quote from the document.
remedy_toml_position remedy_toml_error_position(const remedy_toml_document *_Nonnull document);
remedy_toml_text remedy_toml_error_text(const remedy_toml_document *_Nonnull document);

/// 0 where the document could not be read; else at least 1, the root. An entry comes after the one
/// that holds it; the members of an array come in their order, those of a table in no order.
size_t remedy_toml_count(const remedy_toml_document *_Nonnull document);

/// The entry at an index below the count; past it, an empty table.
remedy_toml_entry remedy_toml_at(const remedy_toml_document *_Nonnull document, size_t index);

#ifdef __cplusplus
}
#endif

#endif
