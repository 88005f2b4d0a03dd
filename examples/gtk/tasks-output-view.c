/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "tasks-output-view.h"

#include <glib/gi18n.h>

/* Pixels, a line and a half: rows may be higher than they were thought to be. */
#define NEAR_END 30

struct _TasksOutputView
{
  AdwBin parent_instance;

  GtkLabel *dropped_label;
  GtkListView *list;
  GtkMultiSelection *selection;

  TasksOutput *output;
  gboolean following;
  gboolean in_frame;
  guint scroll_callback;
  guint frames; /* in which to scroll to the end after the next one */
};

enum
{
  PROP_OUTPUT = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (TasksOutputView, tasks_output_view, ADW_TYPE_BIN)

static const struct
{
  const char *style;
  const char *mark;
} kinds[] = {
  [TASKS_LINE_STDOUT] = { "stdout", "" },
  [TASKS_LINE_STDERR] = { "stderr", "" },
  [TASKS_LINE_SENT] = { "sent", "→ " },
  [TASKS_LINE_RECEIVED] = { "received", "← " },
  [TASKS_LINE_NOTE] = { "note", "" },
};

static void
setup_row (GtkListItemFactory *factory,
           GtkListItem        *item)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_list_item_set_child (item, label);
  gtk_list_item_set_activatable (item, FALSE);
}

static void
bind_row (GtkListItemFactory *factory,
          GtkListItem        *item)
{
  TasksLine *line = gtk_list_item_get_item (item);
  GtkWidget *label = gtk_list_item_get_child (item);
  TasksLineKind kind = tasks_line_get_kind (line);
  const char *classes[] = { kinds[kind].style, NULL };
  g_autofree char *text = g_strconcat (kinds[kind].mark, tasks_line_get_text (line), NULL);

  gtk_label_set_text (GTK_LABEL (label), text);
  gtk_widget_set_css_classes (label, classes);
}

static gboolean
is_at_end (GtkAdjustment *adjustment)
{
  return gtk_adjustment_get_value (adjustment) + gtk_adjustment_get_page_size (adjustment) >=
         gtk_adjustment_get_upper (adjustment) - NEAR_END;
}

static gboolean
scroll_to_end (GtkWidget     *widget,
               GdkFrameClock *clock,
               gpointer       user_data)
{
  TasksOutputView *self = TASKS_OUTPUT_VIEW (widget);
  guint length = g_list_model_get_n_items (G_LIST_MODEL (self->selection));

  if (self->following && length > 0)
    gtk_widget_activate_action (GTK_WIDGET (self->list), "list.scroll-to-item", "u", length - 1);
  if (self->frames-- > 0 && self->following)
    return G_SOURCE_CONTINUE;

  self->scroll_callback = 0;

  return G_SOURCE_REMOVE;
}

/* The list does not know the height of a new row before its next layout, which comes after the next
 * tick, and may take the last one to be in sight: so once more with the tick after that. */
static void
follow (TasksOutputView *self)
{
  self->frames = 1;
  if (self->scroll_callback == 0)
    self->scroll_callback = gtk_widget_add_tick_callback (GTK_WIDGET (self), scroll_to_end, NULL,
                                                          NULL);
}

static void
lines_changed (TasksOutputView *self)
{
  if (self->following)
    follow (self);
}

/* What moves it in a frame is the layout; else it is somebody who scrolls. */
static void
scrolled (GtkAdjustment   *adjustment,
          TasksOutputView *self)
{
  if (is_at_end (adjustment))
    {
      /* There may be more lines by now. */
      if (!self->following)
        follow (self);
      self->following = TRUE;
    }
  else if (!self->in_frame)
    {
      self->following = FALSE;
    }
}

static void
begin_frame (TasksOutputView *self)
{
  self->in_frame = TRUE;
}

static void
end_frame (TasksOutputView *self)
{
  self->in_frame = FALSE;
}

static void
tasks_output_view_realize (GtkWidget *widget)
{
  GdkFrameClock *clock;

  GTK_WIDGET_CLASS (tasks_output_view_parent_class)->realize (widget);

  clock = gtk_widget_get_frame_clock (widget);
  g_signal_connect_swapped (clock, "before-paint", G_CALLBACK (begin_frame), widget);
  g_signal_connect_swapped (clock, "after-paint", G_CALLBACK (end_frame), widget);
}

static void
tasks_output_view_unrealize (GtkWidget *widget)
{
  GdkFrameClock *clock = gtk_widget_get_frame_clock (widget);

  g_signal_handlers_disconnect_by_func (clock, begin_frame, widget);
  g_signal_handlers_disconnect_by_func (clock, end_frame, widget);

  GTK_WIDGET_CLASS (tasks_output_view_parent_class)->unrealize (widget);
}

static void
show_dropped (TasksOutputView *self)
{
  guint64 dropped = tasks_output_get_dropped (self->output);
  g_autofree char *number = g_strdup_printf ("%'" G_GUINT64_FORMAT, dropped);
  g_autofree char *text = NULL;

  text = g_strdup_printf (ngettext ("%s earlier line is not kept",
                                    "%s earlier lines are not kept", dropped),
                          number);
  gtk_label_set_text (self->dropped_label, text);
  gtk_widget_set_visible (GTK_WIDGET (self->dropped_label), dropped > 0);
}

static void
copy_text (GtkWidget  *widget,
           const char *action_name,
           GVariant   *parameter)
{
  g_autofree char *text = tasks_output_view_dup_text (TASKS_OUTPUT_VIEW (widget));

  gdk_clipboard_set_text (gtk_widget_get_clipboard (widget), text);
}

static void
tasks_output_view_set_property (GObject      *object,
                                guint         prop_id,
                                const GValue *value,
                                GParamSpec   *pspec)
{
  switch (prop_id)
    {
    case PROP_OUTPUT:
      tasks_output_view_set_output (TASKS_OUTPUT_VIEW (object), g_value_get_object (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
tasks_output_view_dispose (GObject *object)
{
  TasksOutputView *self = TASKS_OUTPUT_VIEW (object);

  tasks_output_view_set_output (self, NULL);

  G_OBJECT_CLASS (tasks_output_view_parent_class)->dispose (object);
}

static void
tasks_output_view_class_init (TasksOutputViewClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->set_property = tasks_output_view_set_property;
  object_class->dispose = tasks_output_view_dispose;
  widget_class->realize = tasks_output_view_realize;
  widget_class->unrealize = tasks_output_view_unrealize;

  properties[PROP_OUTPUT] =
    g_param_spec_object ("output", NULL, NULL, TASKS_TYPE_OUTPUT,
                         G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  gtk_widget_class_set_template_from_resource (widget_class,
                                               TASKS_RESOURCES "tasks-output-view.ui");
  gtk_widget_class_bind_template_child (widget_class, TasksOutputView, dropped_label);
  gtk_widget_class_bind_template_child (widget_class, TasksOutputView, list);
  gtk_widget_class_bind_template_child (widget_class, TasksOutputView, selection);
  gtk_widget_class_bind_template_callback (widget_class, setup_row);
  gtk_widget_class_bind_template_callback (widget_class, bind_row);
  gtk_widget_class_install_action (widget_class, "output.copy", NULL, copy_text);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_c, GDK_CONTROL_MASK, "output.copy",
                                       NULL);
}

static void
tasks_output_view_init (TasksOutputView *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  g_signal_connect_object (self->selection, "items-changed", G_CALLBACK (lines_changed), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (gtk_scrollable_get_vadjustment (GTK_SCROLLABLE (self->list)),
                           "value-changed", G_CALLBACK (scrolled), self, 0);
}

void
tasks_output_view_set_output (TasksOutputView *self,
                              TasksOutput     *output)
{
  if (self->output == output)
    return;

  if (self->output != NULL)
    g_signal_handlers_disconnect_by_data (self->output, self);
  g_set_object (&self->output, output);
  if (output == NULL)
    {
      gtk_multi_selection_set_model (self->selection, NULL);
      return;
    }

  g_signal_connect_swapped (output, "notify::dropped", G_CALLBACK (show_dropped), self);
  self->following = TRUE;
  gtk_multi_selection_set_model (self->selection, G_LIST_MODEL (output));
  show_dropped (self);
}

gboolean
tasks_output_view_get_following (TasksOutputView *self)
{
  return self->following;
}

char *
tasks_output_view_dup_text (TasksOutputView *self)
{
  GtkSelectionModel *selection = GTK_SELECTION_MODEL (self->selection);
  g_autoptr(GtkBitset) selected = gtk_selection_model_get_selection (selection);
  gboolean all = gtk_bitset_is_empty (selected);
  guint length = g_list_model_get_n_items (G_LIST_MODEL (selection));
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < length; i++)
    if (all || gtk_bitset_contains (selected, i))
      {
        g_autoptr(TasksLine) line = g_list_model_get_item (G_LIST_MODEL (selection), i);

        g_string_append_printf (text, "%s\n", tasks_line_get_text (line));
      }

  return g_string_free (text, FALSE);
}
