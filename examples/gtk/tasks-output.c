/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "tasks-output.h"

#include "tasks-format.h"

struct _TasksLine
{
  GObject parent_instance;

  char *text;
  TasksLineKind kind;
};

G_DEFINE_FINAL_TYPE (TasksLine, tasks_line, G_TYPE_OBJECT)

/* Lines in their order, a kind before each text; those before head are gone. */
typedef struct
{
  GPtrArray *lines;
  guint head;
  gsize bytes;
} Fifo;

struct _TasksOutput
{
  GObject parent_instance;

  Fifo shown;
  Fifo pending;
  guint64 dropped;
};

enum
{
  PROP_DROPPED = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void tasks_output_list_model_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (TasksOutput, tasks_output, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL,
                                                      tasks_output_list_model_init))

static void
tasks_line_finalize (GObject *object)
{
  g_free (TASKS_LINE (object)->text);

  G_OBJECT_CLASS (tasks_line_parent_class)->finalize (object);
}

static void
tasks_line_class_init (TasksLineClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = tasks_line_finalize;
}

static void
tasks_line_init (TasksLine *self)
{
}

const char *
tasks_line_get_text (TasksLine *self)
{
  return self->text;
}

TasksLineKind
tasks_line_get_kind (TasksLine *self)
{
  return self->kind;
}

static guint
fifo_length (const Fifo *fifo)
{
  return fifo->lines->len - fifo->head;
}

static void
fifo_push (Fifo *fifo,
           char *line)
{
  g_ptr_array_add (fifo->lines, line);
  fifo->bytes += strlen (line);
}

/* The first line is the caller's now. */
static char *
fifo_pop (Fifo *fifo)
{
  char *line = g_steal_pointer (&g_ptr_array_index (fifo->lines, fifo->head));

  fifo->bytes -= strlen (line);
  fifo->head++;
  /* Moving the rest is rare enough to cost nothing. */
  if (fifo->head >= TASKS_OUTPUT_MAX_LINES || fifo->head == fifo->lines->len)
    {
      g_ptr_array_remove_range (fifo->lines, 0, fifo->head);
      fifo->head = 0;
    }

  return line;
}

static gboolean
is_over_limit (guint lines,
               gsize bytes)
{
  return lines > TASKS_OUTPUT_MAX_LINES || bytes > TASKS_OUTPUT_MAX_BYTES;
}

static void
tasks_output_finalize (GObject *object)
{
  TasksOutput *self = TASKS_OUTPUT (object);

  g_ptr_array_unref (self->shown.lines);
  g_ptr_array_unref (self->pending.lines);

  G_OBJECT_CLASS (tasks_output_parent_class)->finalize (object);
}

static void
tasks_output_get_property (GObject    *object,
                           guint       prop_id,
                           GValue     *value,
                           GParamSpec *pspec)
{
  TasksOutput *self = TASKS_OUTPUT (object);

  switch (prop_id)
    {
    case PROP_DROPPED:
      g_value_set_uint64 (value, self->dropped);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
tasks_output_class_init (TasksOutputClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = tasks_output_finalize;
  object_class->get_property = tasks_output_get_property;

  properties[PROP_DROPPED] =
    g_param_spec_uint64 ("dropped", NULL, NULL, 0, G_MAXUINT64, 0,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
tasks_output_init (TasksOutput *self)
{
  self->shown.lines = g_ptr_array_new_with_free_func (g_free);
  self->pending.lines = g_ptr_array_new_with_free_func (g_free);
}

static GType
tasks_output_get_item_type (GListModel *model)
{
  return TASKS_TYPE_LINE;
}

static guint
tasks_output_get_n_items (GListModel *model)
{
  return fifo_length (&TASKS_OUTPUT (model)->shown);
}

/* Made when it is asked for: a view needs only those on the screen. */
static gpointer
tasks_output_get_item (GListModel *model,
                       guint       position)
{
  Fifo *shown = &TASKS_OUTPUT (model)->shown;
  const char *line;
  TasksLine *item;

  if (position >= fifo_length (shown))
    return NULL;

  line = g_ptr_array_index (shown->lines, shown->head + position);
  item = g_object_new (TASKS_TYPE_LINE, NULL);
  item->kind = line[0] - 1;
  item->text = g_strdup (line + 1);

  return item;
}

static void
tasks_output_list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = tasks_output_get_item_type;
  iface->get_n_items = tasks_output_get_n_items;
  iface->get_item = tasks_output_get_item;
}

TasksOutput *
tasks_output_new (void)
{
  return g_object_new (TASKS_TYPE_OUTPUT, NULL);
}

void
tasks_output_append (TasksOutput   *self,
                     TasksLineKind  kind,
                     const char    *text)
{
  Fifo *pending = &self->pending;

  fifo_push (pending, tasks_format_clean (kind + 1, text));
  while (is_over_limit (fifo_length (pending), pending->bytes))
    {
      g_free (fifo_pop (pending));
      self->dropped++;
    }
}

void
tasks_output_append_lines (TasksOutput        *self,
                           TasksLineKind       kind,
                           const char * const *lines)
{
  guint length = g_strv_length ((char **) lines);
  guint skipped = length > TASKS_OUTPUT_MAX_LINES ? length - TASKS_OUTPUT_MAX_LINES : 0;

  self->dropped += skipped;
  for (guint i = skipped; i < length; i++)
    tasks_output_append (self, kind, lines[i]);
}

void
tasks_output_flush (TasksOutput *self)
{
  Fifo *shown = &self->shown;
  Fifo *pending = &self->pending;
  guint added = fifo_length (pending);
  guint removed = 0;
  guint position;

  if (added == 0)
    return;

  while (is_over_limit (fifo_length (shown) + added, shown->bytes + pending->bytes))
    {
      g_free (fifo_pop (shown));
      removed++;
    }
  if (removed > 0)
    g_list_model_items_changed (G_LIST_MODEL (self), 0, removed, 0);

  position = fifo_length (shown);
  while (fifo_length (pending) > 0)
    fifo_push (shown, fifo_pop (pending));
  g_list_model_items_changed (G_LIST_MODEL (self), position, 0, added);

  self->dropped += removed;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_DROPPED]);
}

void
tasks_output_clear (TasksOutput *self)
{
  guint removed = fifo_length (&self->shown);

  while (fifo_length (&self->pending) > 0)
    g_free (fifo_pop (&self->pending));
  while (fifo_length (&self->shown) > 0)
    g_free (fifo_pop (&self->shown));
  if (removed > 0)
    g_list_model_items_changed (G_LIST_MODEL (self), 0, removed, 0);

  self->dropped = 0;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_DROPPED]);
}

guint64
tasks_output_get_dropped (TasksOutput *self)
{
  return self->dropped;
}
